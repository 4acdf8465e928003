#include "worker/models/model.h"

#include <variant>

#include "worker/models/gpt.h"
#include "worker/models/mlp.h"
#include "worker/ops/ops.h"

namespace descent {
namespace {

// From features or tokens to the logits of every label.
Result<ValueId> AppendLogits(Graph& graph, const MlpSpec& spec, const SampleFormat& format,
                             std::int64_t batch_rows, ModelPorts& ports) {
  if (format.feature_count < 1)
    return Status(Code::kInvalidArgument, "an mlp learns from features, found tokens");
  ports.input =
      graph.AddInput("features", {DataType::kFloat32, {batch_rows, format.feature_count}});
  return AppendMlp(graph, spec, ports.input, format.class_count);
}

Result<ValueId> AppendLogits(Graph& graph, const GptSpec& spec, const SampleFormat& format,
                             std::int64_t batch_rows, ModelPorts& ports) {
  if (format.token_count != spec.context_length)
    return Status(Code::kInvalidArgument,
                  "a gpt of context_length " + std::to_string(spec.context_length) +
                      " learns from as many tokens, found " + std::to_string(format.token_count));
  ports.input = graph.AddInput("tokens", {DataType::kInt32, {batch_rows * format.token_count}});
  return AppendGpt(graph, spec, ports.input, format.class_count);
}

// `values` has one for each label; one for each sample is wanted.
Result<ValueId> PerSample(Graph& graph, ValueId values, const SampleFormat& format) {
  if (format.label_count == 1) return values;
  return SampleMean(graph, values, format.label_count);
}

}  // namespace

Result<Graph> BuildModel(const ModelSpec& spec, const SampleFormat& format,
                         std::int64_t batch_rows) {
  DESCENT_CHECK(format.class_count >= 1);
  DESCENT_CHECK(batch_rows >= 1);
  Graph graph;
  ModelPorts ports;
  const auto append = [&](const auto& architecture) {
    return AppendLogits(graph, architecture, format, batch_rows, ports);
  };
  DESCENT_ASSIGN(ports.logits, std::visit(append, spec.architecture));
  ports.labels = graph.AddInput("labels", {DataType::kInt32, {batch_rows * format.label_count}});
  DESCENT_ASSIGN(const ValueId losses, SoftmaxCrossEntropy(graph, ports.logits, ports.labels));
  DESCENT_ASSIGN(const ValueId correct, TopOneCorrect(graph, ports.logits, ports.labels));
  DESCENT_ASSIGN(ports.losses, PerSample(graph, losses, format));
  DESCENT_ASSIGN(ports.correct, PerSample(graph, correct, format));
  if (format.class_count > 5) {
    DESCENT_ASSIGN(const ValueId top_five, TopFiveCorrect(graph, ports.logits, ports.labels));
    DESCENT_ASSIGN(ports.top_five, PerSample(graph, top_five, format));
  }
  graph.set_ports(ports);
  return graph;
}

}  // namespace descent
