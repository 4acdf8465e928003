#include <nlohmann/json.hpp>

#include "worker/explain/explanation.h"

namespace descent {
namespace {

using Json = nlohmann::ordered_json;

Json ToValue(const TensorGroup& group) {
  return {{"name", group.name},
          {"shape", group.shape},
          {"tensors", group.tensors},
          {"elements", group.elements}};
}

Json ToValue(const BucketExplanation& bucket) {
  return {{"bytes", bucket.bytes}, {"ready_after", bucket.ready_after}};
}

Json ToValue(const StepExplanation& step) {
  return {{"op", step.op},
          {"text", step.text},
          {"flops", step.flops},
          {"bytes", step.bytes},
          {"seconds", step.seconds}};
}

Json ToValue(const PlanExplanation& plan);

template <typename T>
Json ListOf(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(ToValue(value));
  return list;
}

Json ToValue(const PlanExplanation& plan) {
  return {{"name", plan.name},
          {"samples", plan.samples},
          {"flops", plan.cost.flops},
          {"bytes", plan.cost.bytes_moved},
          {"activation_bytes", plan.cost.activation_bytes},
          {"seconds", plan.seconds},
          {"steps", ListOf(plan.steps)}};
}

Json ToValue(const MemoryExplanation& memory) {
  return {{"parameters", memory.parameters},
          {"optimizer", memory.optimizer},
          {"gradients", memory.gradients},
          {"gradient_buffers", memory.gradient_buffers},
          {"training_activations", memory.training_activations},
          {"evaluation_activations", memory.evaluation_activations},
          {"checkpoint", memory.checkpoint},
          {"total", memory.Total()}};
}

Json ToValue(const StepTimes& step) {
  return {{"plans", step.plans},
          {"additions", step.additions},
          {"exchange", step.exchange},
          {"update", step.update},
          {"total", step.Total()}};
}

}  // namespace

Json ToValue(const MachineRates& rates) {
  return {{"matrix_flops", rates.matrix_flops},
          {"element_flops", rates.element_flops},
          {"cache_bytes", rates.cache_bytes},
          {"memory_bytes", rates.memory_bytes},
          {"step_seconds", rates.step_seconds}};
}

std::string ToJson(const Explanation& explanation) {
  const Json value = {{"workers", explanation.workers},
                      {"threads", explanation.threads},
                      {"train_samples", explanation.train_samples},
                      {"parameter_count", explanation.parameter_count},
                      {"parameters", ListOf(explanation.groups)},
                      {"memory", ToValue(explanation.memory)},
                      {"plans", ListOf(explanation.plans)},
                      {"buckets", ListOf(explanation.buckets)},
                      {"exchanged_bytes", explanation.exchanged_bytes},
                      {"step_seconds", ToValue(explanation.step)},
                      {"rates", ToValue(explanation.rates)}};
  return value.dump();
}

}  // namespace descent
