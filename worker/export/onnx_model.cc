#include "worker/export/onnx_model.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "common/version.h"
#include "worker/export/onnx_builder.h"
#include "worker/export/onnx_input.h"
#include "worker/export/onnx_rules.h"
#include "worker/graph/rewrite.h"
#include "worker/models/model.h"

namespace descent {
namespace {

constexpr std::int64_t kIrVersion = 8;  // that opset 17 came with
constexpr std::int64_t kOpset = 17;
constexpr char kLogits[] = "logits";

const OnnxRule* FindRule(std::string_view op) {
  for (const std::span<const OnnxRule> rules : {OnnxLayerRules(), OnnxTransformerRules()}) {
    const auto found = std::ranges::find(rules, op, &OnnxRule::op);
    if (found != rules.end()) return &*found;
  }
  return nullptr;
}

Result<Graph> PredictionGraph(const ModelDescription& description, std::int64_t rows) {
  DESCENT_ASSIGN(const Graph model, BuildModel(description.model, description.format, rows));
  const Graph evaluated = ForEvaluation(model);
  const std::vector<ValueId> wanted = {evaluated.ports().logits};
  return RemoveDeadNodes(evaluated, wanted);
}

// Where two shapes of a value differ, that of the model for one sample and that for two, the batch
// is.
Shape WithBatch(Shape one, const Shape& two) {
  for (std::size_t axis = 0; axis < one.size(); ++axis)
    if (one[axis] != two[axis]) one[axis] = kOnnxBatch;
  return one;
}

// Appends the nodes of a model, which is given for one sample and for two.
class OnnxNodes {
 public:
  OnnxNodes(OnnxBuilder& builder, const Graph& one, const Graph& two)
      : builder_(builder), one_(one), two_(two) {
    for (int i = 0; i < one.value_count(); ++i) names_.push_back(one.value(ValueId{i}).name);
  }

  // The name of the logits.
  std::string Append(const std::string& input) {
    NameOf(one_.ports().input) = input;
    for (const Node& node : one_.nodes()) AppendNode(node);
    return NameOf(one_.ports().logits);
  }

 private:
  std::string& NameOf(ValueId id) { return names_[static_cast<std::size_t>(id.index)]; }

  void AppendNode(const Node& node) {
    const ValueId y = node.outputs[0];
    OnnxStep step{.graph = one_,
                  .node = node,
                  .inputs = {},
                  .output = NameOf(y),
                  .output_shape = WithBatch(one_.value(y).type.shape, two_.value(y).type.shape)};
    for (const ValueId x : node.inputs) step.inputs.push_back(NameOf(x));
    FindRule(node.op->name)->append(builder_, step);
  }

  OnnxBuilder& builder_;
  const Graph& one_;
  const Graph& two_;
  std::vector<std::string> names_;  // by value
};

// Of two classes that one logit tells apart.
void AppendBothProbabilities(OnnxBuilder& builder) {
  const std::string second = builder.Add("Sigmoid", {kLogits});
  const std::string first = builder.Add("Sub", {builder.Scalar(1), second});
  builder.AddAs("probabilities", "Concat", {first, second}, {{"axis", std::int64_t{1}}});
}

// What the logits say, by the loss that the model has learned from.
void AppendOutputs(OnnxBuilder& builder, const ModelDescription& description,
                   const std::string& logits, std::int64_t outputs) {
  const SampleFormat& format = description.format;
  if (format.token_count > 0) {
    builder.AddAs(kLogits, "Reshape",
                  {logits, builder.Integers({-1, format.token_count, outputs})});
    builder.DeclareOutput(kLogits, {kOnnxBatch, format.token_count, outputs});
    return;
  }
  const bool is_binary = description.model.loss == Loss::kBinaryCrossEntropy;
  if (format.target_count > 0) {
    builder.AddAs("predictions", is_binary ? "Sigmoid" : "Identity", {logits});
    builder.DeclareOutput("predictions", {kOnnxBatch, outputs});
    return;
  }
  builder.AddAs(kLogits, "Identity", {logits});
  if (is_binary) {
    AppendBothProbabilities(builder);
  } else {
    builder.AddAs("probabilities", "Softmax", {kLogits}, {{"axis", std::int64_t{1}}});
  }
  builder.DeclareOutput("probabilities", {kOnnxBatch, is_binary ? 2 : outputs});
  builder.DeclareOutput(kLogits, {kOnnxBatch, outputs});
}

void SetMetadata(const CheckpointModel& model, onnx::ModelProto& proto) {
  proto.set_ir_version(kIrVersion);
  proto.set_producer_name("descent");
  proto.set_producer_version(kVersion);
  proto.set_model_version(model.checkpoint.step);
  onnx::OperatorSetIdProto& opset = *proto.add_opset_import();
  opset.set_domain("");
  opset.set_version(kOpset);
  const std::vector<std::pair<std::string, std::string>> properties = {
      {"job", model.checkpoint.job},
      {"step", std::to_string(model.checkpoint.step)},
      {"model.json", EncodeModelDescription(model.description)}};
  for (const auto& [key, value] : properties) {
    onnx::StringStringEntryProto& property = *proto.add_metadata_props();
    property.set_key(key);
    property.set_value(value);
  }
}

Status CheckSize(std::size_t bytes, std::int64_t bytes_max) {
  if (bytes <= static_cast<std::size_t>(bytes_max)) return Status();
  return Status(Code::kInvalidArgument,
                fmt::format("the model has {} bytes, of which an ONNX file holds at most {}: "
                            "safetensors and huggingface have no such limit",
                            bytes, bytes_max));
}

}  // namespace

Status CheckOnnxOps(const Graph& graph) {
  std::set<std::string_view> unknown;
  for (const Node& node : graph.nodes())
    if (FindRule(node.op->name) == nullptr) unknown.insert(node.op->name);
  if (unknown.empty()) return Status();
  return Status(Code::kInvalidArgument,
                fmt::format("the model has ops that cannot be exported to ONNX: {}",
                            fmt::join(unknown, ", ")));
}

Result<std::string> EncodeOnnx(const CheckpointModel& model, std::int64_t bytes_max) {
  DESCENT_RETURN_IF_ERROR(CheckSize(model.parameters.span().size_bytes(), bytes_max));
  DESCENT_ASSIGN(const Graph one, PredictionGraph(model.description, 1));
  DESCENT_ASSIGN(const Graph two, PredictionGraph(model.description, 2));
  DESCENT_RETURN_IF_ERROR(CheckOnnxOps(one));
  onnx::ModelProto proto;
  SetMetadata(model, proto);
  proto.mutable_graph()->set_name(model.checkpoint.job);
  OnnxBuilder builder(*proto.mutable_graph());
  for (const TensorView& tensor : TensorsOf(model))
    builder.Floats(tensor.name, tensor.shape, tensor.values);
  const std::string input = AppendOnnxInput(builder, model.description);
  const std::string logits = OnnxNodes(builder, one, two).Append(input);
  AppendOutputs(builder, model.description, logits,
                one.value(one.ports().logits).type.shape.back());
  DESCENT_RETURN_IF_ERROR(CheckSize(proto.ByteSizeLong(), bytes_max));
  return proto.SerializeAsString();
}

}  // namespace descent
