#include "worker/checkpoint/model_description.h"

#include <spdlog/fmt/fmt.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "common/job_spec_loss.h"
#include "common/spec_checker.h"
#include "proto/data_json.h"
#include "worker/checkpoint/description_checks.h"
#include "worker/checkpoint/gpt_description.h"
#include "worker/checkpoint/layers_description.h"
#include "worker/checkpoint/vocabulary_description.h"

namespace descent {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDepthMax = 16;  // more than any description has

Json ToJson(const MlpSpec& mlp) {
  return {{"mlp",
           {{"hidden_sizes", mlp.hidden_sizes},
            {"activation", mlp.activation == Activation::kRelu ? "relu" : "gelu"},
            {"dropout", mlp.dropout}}}};
}

Json ToJson(const GptSpec& gpt) { return {{"gpt", EncodeGpt(gpt)}}; }

Json ToJson(const LinearRegressionSpec&) { return {{"linear_regression", Json::object()}}; }

Json ToJson(const LogisticRegressionSpec&) { return {{"logistic_regression", Json::object()}}; }

Json ToJson(const LayersSpec& layers) { return {{"layers", EncodeLayers(layers)}}; }

Json ToJson(const ConvnetSpec& convnet) { return ToJson(LayersOf(convnet)); }

Json ToJson(const ResnetSpec& resnet) { return {{"resnet", EncodeResnet(resnet)}}; }

Json ToJson(const SampleFormat& format) {
  Json json = {{"features", format.feature_count},
               {"tokens", format.token_count},
               {"labels", format.label_count},
               {"classes", format.class_count}};
  if (format.target_count != 0) json["targets"] = format.target_count;
  if (format.image)
    json["image"] = {format.image->channels, format.image->height, format.image->width};
  return json;
}

// What lies deeper than any description is left out, so that no function that walks the value can
// overflow the stack; it shows when the description is encoded again.
Json ParseJson(std::string_view text) {
  return Json::parse(text,
                     [](int depth, Json::parse_event_t, const Json&) { return depth < kDepthMax; });
}

// These throw what the JSON library throws where a field is absent or of another type. A wrong
// value that they take for another one shows when the description is encoded again.

MlpSpec MlpFromJson(const Json& json) {
  MlpSpec mlp;
  json.at("hidden_sizes").get_to(mlp.hidden_sizes);
  mlp.activation = json.at("activation") == "relu" ? Activation::kRelu : Activation::kGelu;
  json.at("dropout").get_to(mlp.dropout);
  return mlp;
}

Loss LossFromJson(const Json& json) {
  for (const Loss loss : {Loss::kBinaryCrossEntropy, Loss::kMse, Loss::kHuber}) {
    if (json == LossName(loss)) return loss;
  }
  return Loss::kCrossEntropy;
}

SampleFormat FormatFromJson(const Json& json) {
  SampleFormat format;
  json.at("features").get_to(format.feature_count);
  json.at("tokens").get_to(format.token_count);
  json.at("labels").get_to(format.label_count);
  json.at("classes").get_to(format.class_count);
  format.target_count = json.value("targets", std::int64_t{0});
  if (json.contains("image")) {
    const Json& sizes = json.at("image");
    format.image = ImageShape{.channels = sizes.at(0).get<std::int64_t>(),
                              .height = sizes.at(1).get<std::int64_t>(),
                              .width = sizes.at(2).get<std::int64_t>()};
  }
  return format;
}

Result<ModelDescription> FromJson(const Json& json) {
  ModelDescription description;
  const Json& model = json.at("model");
  if (model.contains("gpt")) {
    description.model.architecture = DecodeGpt(model.at("gpt"));
  } else if (model.contains("linear_regression")) {
    description.model.architecture = LinearRegressionSpec{};
  } else if (model.contains("logistic_regression")) {
    description.model.architecture = LogisticRegressionSpec{};
  } else if (model.contains("layers")) {
    description.model.architecture = DecodeLayers(model.at("layers"));
  } else if (model.contains("resnet")) {
    description.model.architecture = DecodeResnet(model.at("resnet"));
  } else {
    description.model.architecture = MlpFromJson(model.at("mlp"));
  }
  description.model.loss = LossFromJson(json.at("loss"));
  description.model.huber_delta = json.value("huber_delta", 0.0);
  description.model.label_smoothing = json.value("label_smoothing", 0.0);
  if (json.contains("ignore_index"))
    description.model.ignore_index = json.at("ignore_index").get<std::int64_t>();
  if (json.value("precision", "") == PrecisionName(Precision::kBFloat16))
    description.model.precision = Precision::kBFloat16;
  description.format = FormatFromJson(json.at("sample"));
  DESCENT_ASSIGN(description.vocabulary, DecodeVocabulary(json));
  if (json.contains("data")) {
    DESCENT_ASSIGN(description.data, DecodeDataJson(json.at("data").dump()));
  }
  return description;
}

Status CheckValues(const ModelDescription& description) {
  SpecChecker checker;
  CheckDescription(description, checker);
  const std::vector<Violation> violations = checker.TakeViolations();
  if (violations.empty()) return Status();
  return Status(Code::kDataLoss, fmt::format("the description of the model: {}: {}",
                                             violations.front().field, violations.front().message));
}

}  // namespace

std::string EncodeModelDescription(const ModelDescription& description) {
  Json json;
  json["model"] =
      std::visit([](const auto& spec) { return ToJson(spec); }, description.model.architecture);
  json["loss"] = LossName(description.model.loss);
  if (description.model.loss == Loss::kHuber) json["huber_delta"] = description.model.huber_delta;
  if (description.model.label_smoothing != 0)
    json["label_smoothing"] = description.model.label_smoothing;
  if (description.model.ignore_index) json["ignore_index"] = *description.model.ignore_index;
  if (description.model.precision != Precision::kFloat32)
    json["precision"] = PrecisionName(description.model.precision);
  json["sample"] = ToJson(description.format);
  if (description.vocabulary) json.update(EncodeVocabulary(*description.vocabulary));
  if (description.data) json["data"] = Json::parse(EncodeDataJson(*description.data));
  return json.dump(2) + "\n";
}

Result<ModelDescription> DecodeModelDescription(std::string_view text) {
  try {
    Result<ModelDescription> description = FromJson(ParseJson(text));
    if (!description.ok())
      return Status(Code::kDataLoss,
                    "the description of the model: " + description.status().message());
    // There is one way to write a description.
    if (EncodeModelDescription(description.value()) != text)
      return Status(Code::kDataLoss, "the description of the model is not one of this version's");
    DESCENT_RETURN_IF_ERROR(CheckValues(description.value()));
    return description;
  } catch (const Json::exception& exception) {
    return Status(Code::kDataLoss,
                  fmt::format("the description of the model is corrupt: {}", exception.what()));
  }
}

}  // namespace descent
