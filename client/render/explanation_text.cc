#include "client/render/explanation_text.h"

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "client/render/dry_run.h"
#include "client/render/format.h"
#include "client/render/table.h"

namespace descent {
namespace {

using Json = nlohmann::json;

std::string Bytes(const Json& bytes) { return FormatBytes(bytes.get<std::int64_t>()); }
std::string Milliseconds(const Json& seconds) {
  return fmt::format("{:.3f} ms", seconds.get<double>() * 1e3);
}
std::string Plural(std::int64_t count, std::string_view word) {
  return fmt::format("{} {}{}", FormatGrouped(count), word, count == 1 ? "" : "s");
}

std::string Indented(const std::string& text) {
  std::string indented;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    indented.append(4, ' ').append(text, at, end + 1 - at);
    at = end + 1;
  }
  return indented;
}

std::string ShapeText(const Json& shape) {
  return fmt::format("[{}]", fmt::join(shape.get<std::vector<std::int64_t>>(), ", "));
}

std::string ParametersText(const Json& explanation) {
  Table table({"parameter", "tensors", "shape", "elements"});
  std::int64_t tensors = 0;
  for (const Json& group : explanation.at("parameters")) {
    tensors += group.at("tensors").get<std::int64_t>();
    table.AddRow({group.at("name"), FormatGrouped(group.at("tensors")),
                  ShapeText(group.at("shape")), FormatGrouped(group.at("elements"))});
  }
  return fmt::format("{} parameters in {}\n", FormatGrouped(explanation.at("parameter_count")),
                     Plural(tensors, "tensor")) +
         Indented(table.ToString());
}

std::string MemoryText(const Json& memory) {
  Table table({"arena", "bytes", ""});
  const auto buffers = memory.at("gradient_buffers").get<std::int64_t>();
  table.AddRow({"parameters", Bytes(memory.at("parameters")), ""});
  table.AddRow(
      {"optimizer", Bytes(memory.at("optimizer")), "moments, and the average of weights of ema"});
  table.AddRow({"gradients", Bytes(memory.at("gradients")),
                Plural(buffers, "buffer") + " of the tree of logical workers"});
  table.AddRow({"activations", Bytes(memory.at("training_activations")), "training"});
  table.AddRow({"activations", Bytes(memory.at("evaluation_activations")), "evaluation"});
  table.AddRow({"checkpoint", Bytes(memory.at("checkpoint")),
                "copy of parameters and optimizer that is written, of the first worker alone"});
  return fmt::format("memory of a worker: {}\n{}", Bytes(memory.at("total")),
                     Indented(table.ToString()));
}

struct OpTotal {
  std::string op;
  std::int64_t steps = 0;
  double flops = 0;
  double bytes = 0;
  double seconds = 0;
};

// The dearest first.
std::vector<OpTotal> TotalsByOp(const Json& steps) {
  std::vector<OpTotal> totals;
  for (const Json& step : steps) {
    const std::string op = step.at("op");
    auto total = std::ranges::find(totals, op, &OpTotal::op);
    if (total == totals.end()) total = totals.insert(totals.end(), OpTotal{.op = op});
    ++total->steps;
    total->flops += step.at("flops").get<double>();
    total->bytes += step.at("bytes").get<double>();
    total->seconds += step.at("seconds").get<double>();
  }
  std::ranges::stable_sort(totals, std::ranges::greater(), &OpTotal::seconds);
  return totals;
}

std::string OpsText(const Json& plan) {
  const auto whole = plan.at("seconds").get<double>();
  Table table({"op", "steps", "FLOP", "moved", "predicted", "share"});
  for (const OpTotal& total : TotalsByOp(plan.at("steps")))
    table.AddRow({total.op, FormatGrouped(total.steps), FormatCount(total.flops),
                  FormatBytes(static_cast<std::int64_t>(total.bytes)), Milliseconds(total.seconds),
                  fmt::format("{:.1f} %", 100 * total.seconds / whole)});
  return Indented(table.ToString());
}

std::string StepListText(const Json& plan) {
  Table table({"step", "FLOP", "moved", "predicted", "what"});
  std::int64_t number = 0;
  for (const Json& step : plan.at("steps"))
    table.AddRow({std::to_string(number++), FormatCount(step.at("flops")),
                  FormatBytes(static_cast<std::int64_t>(step.at("bytes").get<double>())),
                  Milliseconds(step.at("seconds")), step.at("text")});
  return Indented(table.ToString());
}

std::string PlanText(const Json& plan, ExplainedSteps steps) {
  std::string text =
      fmt::format("{} plan of {}: {}, {} FLOP, {} moved, {} of activations, predicted {}\n",
                  plan.at("name").get<std::string>(), Plural(plan.at("samples"), "sample"),
                  Plural(static_cast<std::int64_t>(plan.at("steps").size()), "step"),
                  FormatCount(plan.at("flops")),
                  FormatBytes(static_cast<std::int64_t>(plan.at("bytes").get<double>())),
                  Bytes(plan.at("activation_bytes")), Milliseconds(plan.at("seconds")));
  text += OpsText(plan);
  if (steps == ExplainedSteps::kAll) text.append("\n").append(StepListText(plan));
  return text;
}

std::string BucketsText(const Json& explanation) {
  const Json& buckets = explanation.at("buckets");
  std::string text = fmt::format("{} of gradients, reduced while the backward pass goes on\n",
                                 Plural(static_cast<std::int64_t>(buckets.size()), "bucket"));
  Table table({"bucket", "bytes", "ready after step"});
  std::int64_t number = 0;
  for (const Json& bucket : buckets)
    table.AddRow({std::to_string(number++), Bytes(bucket.at("bytes")),
                  std::to_string(bucket.at("ready_after").get<std::int64_t>())});
  return text + Indented(table.ToString());
}

std::string PredictionText(const Json& explanation, const JobSpec& spec) {
  const Json& step = explanation.at("step_seconds");
  const double seconds = step.at("total").get<double>();
  const std::int64_t samples =
      GlobalBatchOf(spec.batch, explanation.at("train_samples").get<std::int64_t>());
  std::string text = fmt::format(
      "predicted step: {}, {} samples/s, with {} of {}\n", Milliseconds(step.at("total")),
      FormatRate(static_cast<double>(samples) / seconds),
      Plural(explanation.at("workers"), "worker"), Plural(explanation.at("threads"), "thread"));
  Table table({"part", "predicted", ""});
  table.AddRow({"forward and backward", Milliseconds(step.at("plans")), ""});
  table.AddRow({"sums of gradients", Milliseconds(step.at("additions")),
                "of this worker's logical workers"});
  table.AddRow(
      {"exchange", Milliseconds(step.at("exchange")),
       FormatBytes(static_cast<std::int64_t>(explanation.at("exchanged_bytes").get<double>())) +
           " a worker, as far as memory bounds it"});
  table.AddRow({"update", Milliseconds(step.at("update")), ""});
  text += Indented(table.ToString());
  if (spec.reduction == ReductionKind::kFastest)
    text += "The number of workers changes rounding, because MPI adds (reduction: fastest).\n";
  return text;
}

std::string MeasurementText(const Json& explanation) {
  const Json& rates = explanation.at("rates");
  return fmt::format(
      "measured on this machine, with the {} of one worker alone\n"
      "    products of 512 x 512 matrices  {} FLOP/s\n"
      "    exact GELU in a cache           {} FLOP/s\n"
      "    sums of arrays in a cache       {} moved/s\n"
      "    sums of arrays in memory        {} moved/s\n"
      "    a step of next to nothing       {:.1f} us\n"
      "A step takes the longer of its arithmetic and its traffic at these rates. Not in the\n"
      "prediction: reading samples, waiting for others, networks, checkpoints, evaluation.\n",
      Plural(explanation.at("threads"), "thread"), FormatRate(rates.at("matrix_flops")),
      FormatRate(rates.at("element_flops")),
      FormatBytes(static_cast<std::int64_t>(rates.at("cache_bytes").get<double>())),
      FormatBytes(static_cast<std::int64_t>(rates.at("memory_bytes").get<double>())),
      rates.at("step_seconds").get<double>() * 1e6);
}

std::string TextOf(const Json& explanation, const JobSpec& spec, ExplainedSteps steps) {
  std::string text = BatchText(spec, explanation.at("train_samples").get<std::int64_t>()) + "\n\n";
  text +=
      fmt::format("{}\n{}\n", ParametersText(explanation), MemoryText(explanation.at("memory")));
  for (const Json& plan : explanation.at("plans")) text += PlanText(plan, steps) + "\n";
  return text + BucketsText(explanation) + "\n" + PredictionText(explanation, spec) + "\n" +
         MeasurementText(explanation);
}

}  // namespace

Result<std::string> ExplanationText(const std::string& json, const JobSpec& spec,
                                    ExplainedSteps steps) {
  try {
    return TextOf(Json::parse(json), spec, steps);
  } catch (const Json::exception& error) {
    return Status(Code::kInternal,
                  std::string("the worker program's explanation is unreadable: ") + error.what());
  }
}

}  // namespace descent
