#include "worker/models/loss.h"

#include <string>

#include "common/job_spec_loss.h"
#include "worker/ops/loss_ops.h"
#include "worker/ops/ops.h"

namespace descent {
namespace {

constexpr std::int64_t kClassesOfTopFive = 6;  // with fewer, all are among the five likeliest

// `values` has one for each label; one for each sample is wanted.
Result<ValueId> PerSample(Graph& graph, ValueId values, const SampleFormat& format) {
  if (format.label_count == 1) return values;
  return SampleMean(graph, values, format.label_count);
}

Status AppendCrossEntropy(Graph& graph, double smoothing, const SampleFormat& format,
                          std::int64_t batch_rows, ModelPorts& ports) {
  ports.labels = graph.AddInput("labels", {DataType::kInt32, {batch_rows * format.label_count}});
  DESCENT_ASSIGN(const ValueId losses,
                 SoftmaxCrossEntropy(graph, ports.logits, ports.labels, smoothing));
  DESCENT_ASSIGN(const ValueId correct, TopOneCorrect(graph, ports.logits, ports.labels));
  DESCENT_ASSIGN(ports.losses, PerSample(graph, losses, format));
  DESCENT_ASSIGN(ports.correct, PerSample(graph, correct, format));
  if (format.class_count < kClassesOfTopFive) return Status();
  DESCENT_ASSIGN(const ValueId top_five, TopFiveCorrect(graph, ports.logits, ports.labels));
  DESCENT_ASSIGN(ports.top_five, PerSample(graph, top_five, format));
  return Status();
}

// Of two classes, told apart by one logit.
Status AppendBinaryCrossEntropy(Graph& graph, std::int64_t batch_rows, ModelPorts& ports) {
  ports.labels = graph.AddInput("labels", {DataType::kInt32, {batch_rows, 1}});
  DESCENT_ASSIGN(const ValueId targets, Cast(graph, ports.labels));
  DESCENT_ASSIGN(ports.losses, BinaryCrossEntropy(graph, ports.logits, targets));
  DESCENT_ASSIGN(ports.correct, BinaryCorrect(graph, ports.logits, ports.labels));
  return Status();
}

Result<ValueId> AppendTargetLoss(Graph& graph, const ModelSpec& model, const ModelPorts& ports) {
  switch (model.loss) {
    case Loss::kBinaryCrossEntropy:
      return BinaryCrossEntropy(graph, ports.logits, ports.targets);
    case Loss::kMse:
      return SquaredError(graph, ports.logits, ports.targets);
    case Loss::kHuber:
      return Huber(graph, ports.logits, ports.targets, model.huber_delta);
    case Loss::kCrossEntropy:
      break;
  }
  return Status(Code::kInvalidArgument, "cross_entropy is of labels");
}

}  // namespace

Result<std::int64_t> OutputCount(const ModelSpec& model, const SampleFormat& format) {
  const std::string name(LossName(model.loss));
  if (format.target_count > 0) {
    if (model.loss != Loss::kCrossEntropy) return format.target_count;
    return Status(Code::kInvalidArgument, name + " learns from labels, found " +
                                              std::to_string(format.target_count) +
                                              " numbers to predict");
  }
  DESCENT_CHECK(format.class_count >= 1);
  if (model.loss == Loss::kCrossEntropy) return format.class_count;
  const std::string found = ", found labels of " + std::to_string(format.class_count) + " classes";
  if (model.loss != Loss::kBinaryCrossEntropy)
    return Status(Code::kInvalidArgument, name + " learns from numbers to predict" + found);
  if (format.class_count > 2 || format.label_count > 1)
    return Status(Code::kInvalidArgument, name + " learns from one label of two classes" + found);
  return 1;
}

Status AppendLoss(Graph& graph, const ModelSpec& model, const SampleFormat& format,
                  std::int64_t batch_rows, ModelPorts& ports) {
  if (format.target_count > 0) {
    ports.targets =
        graph.AddInput("targets", {DataType::kFloat32, {batch_rows, format.target_count}});
    DESCENT_ASSIGN(ports.losses, AppendTargetLoss(graph, model, ports));
    return Status();
  }
  if (model.loss == Loss::kBinaryCrossEntropy)
    return AppendBinaryCrossEntropy(graph, batch_rows, ports);
  return AppendCrossEntropy(graph, model.label_smoothing, format, batch_rows, ports);
}

}  // namespace descent
