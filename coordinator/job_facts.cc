#include "coordinator/job_facts.h"

#include <variant>

namespace descent {
namespace {

struct NameOfModel {
  std::string_view operator()(const MlpSpec&) const { return "mlp"; }
  std::string_view operator()(const GptSpec&) const { return "gpt"; }
  std::string_view operator()(const LinearRegressionSpec&) const { return "linear_regression"; }
  std::string_view operator()(const LogisticRegressionSpec&) const { return "logistic_regression"; }
  std::string_view operator()(const LayersSpec&) const { return "layers"; }
  std::string_view operator()(const ConvnetSpec&) const { return "convnet"; }
  std::string_view operator()(const ResnetSpec&) const { return "resnet"; }
};

}  // namespace

std::string_view ModelName(const ModelSpec& model) {
  return std::visit(NameOfModel(), model.architecture);
}

std::optional<std::int64_t> TokensPerSample(const ModelSpec& model) {
  const auto* const gpt = std::get_if<GptSpec>(&model.architecture);
  return gpt == nullptr ? std::nullopt : std::optional(gpt->context_length);
}

std::int64_t CheckpointBytes(const ClusterSnapshot& snapshot) {
  std::int64_t bytes = 0;
  for (const Job& job : snapshot.jobs)
    for (const CheckpointRecord& checkpoint : job.checkpoints) bytes += checkpoint.bytes;
  return bytes;
}

}  // namespace descent
