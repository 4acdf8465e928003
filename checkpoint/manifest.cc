#include "checkpoint/manifest.h"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

namespace descent {
namespace {

using Json = nlohmann::ordered_json;

// A field that older programs do not know has a new number, and only manifests with such a field
// have it: whoever cannot read one must not take it for damaged.
constexpr int kFormat = 2;
constexpr int kFormatOfNoise = 3;
constexpr int kFormatMax = kFormatOfNoise;
constexpr char kOwnDigest[] = "manifest_digest";
constexpr int kDepthMax = 8;  // more than any manifest has
constexpr std::string_view kDefaultOptimizer = "adamw";
constexpr std::string_view kDefaultPrecision = "f32";

Json ToJson(const FileDigest& file) {
  Json chunks = Json::array();
  for (const Digest& chunk : file.chunks) chunks.push_back(chunk.ToHex());
  return {{"name", file.name},
          {"bytes", file.bytes},
          {"digest", file.digest.ToHex()},
          {"chunks", std::move(chunks)}};
}

Json ToJson(const EarlyStoppingState& state) {
  Json json = {{"evaluations_without_improvement", state.evaluations_without_improvement},
               {"last_step", state.last_step}};
  if (!state.best) return json;
  json["best"] = *state.best;
  json["best_step"] = state.best_step;
  return json;
}

EarlyStoppingState ToEarlyStopping(const Json& json) {
  EarlyStoppingState state;
  json.at("evaluations_without_improvement").get_to(state.evaluations_without_improvement);
  json.at("last_step").get_to(state.last_step);
  if (!json.contains("best")) return state;
  state.best = json.at("best").get<double>();
  json.at("best_step").get_to(state.best_step);
  return state;
}

Json ToJson(const SmoothedNoise& noise) {
  return {{"signal", noise.mean.signal}, {"noise", noise.mean.noise}, {"steps", noise.steps}};
}

SmoothedNoise ToNoise(const Json& json) {
  return {
      .mean = {.signal = json.at("signal").get<double>(), .noise = json.at("noise").get<double>()},
      .steps = json.at("steps").get<std::int64_t>()};
}

int FormatOf(const CheckpointDescription& description) {
  return description.noise.steps > 0 ? kFormatOfNoise : kFormat;
}

Json ToJson(const Manifest& manifest, int format) {
  const CheckpointDescription& description = manifest.description;
  Json files = Json::array();
  for (const FileDigest& file : manifest.files) files.push_back(ToJson(file));
  Json json = {{"format", format},
               {"job", description.job},
               {"step", description.step},
               {"epoch", description.epoch},
               {"generation", description.generation},
               {"seed", description.seed},
               {"global_batch", description.global_batch},
               {"logical_workers", description.logical_workers},
               {"optimizer_steps", description.optimizer_steps},
               {"instruction_set", description.instruction_set},
               {"version", description.version},
               {"state_digest", manifest.state_digest.ToHex()},
               {"files", std::move(files)}};
  // Absent in manifests of jobs without them, which older programs can read.
  if (description.optimizer != kDefaultOptimizer) json["optimizer"] = description.optimizer;
  if (description.precision != kDefaultPrecision) json["precision"] = description.precision;
  if (description.early_stopping) json["early_stopping"] = ToJson(*description.early_stopping);
  if (description.nonfinite_steps_in_a_row > 0)
    json["nonfinite_steps_in_a_row"] = description.nonfinite_steps_in_a_row;
  if (description.noise.steps > 0) json["gradient_noise"] = ToJson(description.noise);
  return json;
}

// A digest that is not one reads as zero here: the manifest then encodes to other bytes, which is
// how every other wrong value is found too.
Digest ToDigest(const Json& json) {
  const Result<Digest> digest = DigestFromHex(json.get<std::string>());
  return digest.ok() ? digest.value() : Digest();
}

FileDigest ToFileDigest(const Json& json) {
  FileDigest file{.name = json.at("name").get<std::string>(),
                  .bytes = json.at("bytes").get<std::int64_t>(),
                  .digest = ToDigest(json.at("digest"))};
  for (const Json& chunk : json.at("chunks")) file.chunks.push_back(ToDigest(chunk));
  return file;
}

// Throws what the JSON library throws where a field is absent or of another type.
Manifest FromJson(const Json& json) {
  Manifest manifest;
  CheckpointDescription& description = manifest.description;
  json.at("job").get_to(description.job);
  json.at("step").get_to(description.step);
  json.at("epoch").get_to(description.epoch);
  json.at("generation").get_to(description.generation);
  json.at("seed").get_to(description.seed);
  json.at("global_batch").get_to(description.global_batch);
  json.at("logical_workers").get_to(description.logical_workers);
  json.at("optimizer_steps").get_to(description.optimizer_steps);
  json.at("instruction_set").get_to(description.instruction_set);
  json.at("version").get_to(description.version);
  if (json.contains("optimizer")) json.at("optimizer").get_to(description.optimizer);
  if (json.contains("precision")) json.at("precision").get_to(description.precision);
  if (json.contains("early_stopping"))
    description.early_stopping = ToEarlyStopping(json.at("early_stopping"));
  description.nonfinite_steps_in_a_row = json.value("nonfinite_steps_in_a_row", std::int64_t{0});
  if (json.contains("gradient_noise")) description.noise = ToNoise(json.at("gradient_noise"));
  manifest.state_digest = ToDigest(json.at("state_digest"));
  for (const Json& file : json.at("files")) manifest.files.push_back(ToFileDigest(file));
  return manifest;
}

// What lies deeper than any manifest is left out, so that no function that walks the value can
// overflow the stack; it shows when the manifest is encoded again.
Json ParseJson(std::string_view text) {
  return Json::parse(text,
                     [](int depth, Json::parse_event_t, const Json&) { return depth < kDepthMax; });
}

// Of the JSON of all fields before it, without white space.
std::string OwnDigestOf(const Json& json) {
  const std::string body = json.dump();
  return Hash(std::as_bytes(std::span(body))).ToHex();
}

// Whether it is whole, whatever its fields mean.
bool HasItsDigest(Json json) {
  const std::string found = json.value(kOwnDigest, std::string());
  json.erase(kOwnDigest);
  return OwnDigestOf(json) == found;
}

Result<int> ReadFormat(const Json& json) {
  const Json& format = json.at("format");
  for (int known = kFormat; known <= kFormatMax; ++known)
    if (format == known) return known;
  return Status(HasItsDigest(json) ? Code::kFailedPrecondition : Code::kDataLoss,
                fmt::format("the manifest has format {}, must have one from {} to {}",
                            format.is_structured() ? format.type_name() : format.dump(), kFormat,
                            kFormatMax));
}

std::string Encode(const Manifest& manifest, int format) {
  Json json = ToJson(manifest, format);
  json[kOwnDigest] = OwnDigestOf(json);
  return json.dump(2) + "\n";
}

// Names are fixed, so no manifest can point out of its directory.
Status CheckFileNames(const Manifest& manifest) {
  constexpr std::array kNames = {kModelName, kOptimizerName, kModelDescriptionName};
  bool is_as_wanted = manifest.files.size() == kNames.size();
  for (std::size_t i = 0; is_as_wanted && i < kNames.size(); ++i)
    is_as_wanted = manifest.files[i].name == kNames[i];
  if (is_as_wanted) return Status();
  return Status(Code::kDataLoss, fmt::format("the manifest lists other files, must list {}",
                                             fmt::join(kNames, ", ")));
}

}  // namespace

std::string EncodeManifest(const Manifest& manifest) {
  return Encode(manifest, FormatOf(manifest.description));
}

Result<Manifest> DecodeManifest(std::string_view text) {
  try {
    const Json json = ParseJson(text);
    DESCENT_ASSIGN(const int format, ReadFormat(json));
    Manifest manifest = FromJson(json);
    // There is one way to write a manifest of a format, and its digest is part of that.
    if (Encode(manifest, format) != text)
      return Status(Code::kDataLoss, "the manifest is corrupt: its digest does not match");
    DESCENT_RETURN_IF_ERROR(CheckFileNames(manifest));
    return manifest;
  } catch (const Json::exception& exception) {
    return Status(Code::kDataLoss, fmt::format("the manifest is corrupt: {}", exception.what()));
  }
}

}  // namespace descent
