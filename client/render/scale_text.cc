#include "client/render/scale_text.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>

#include "client/render/format.h"
#include "client/render/table.h"

namespace descent {
namespace {

std::int64_t DividedUp(std::int64_t value, std::int64_t by) { return (value + by - 1) / by; }

// Messages that follow one another: of n workers, with those that are no power of two folded in.
std::int64_t Rounds(std::int64_t workers) {
  return static_cast<std::int64_t>(std::bit_width(static_cast<std::uint64_t>(workers - 1)));
}

double ExchangeSeconds(const StepCosts& costs, const NetworkRates& network, std::int64_t workers) {
  if (workers == 1) return 0;
  const double part = static_cast<double>(workers - 1) / static_cast<double>(workers);
  const auto messages = static_cast<double>(2 * Rounds(workers) * costs.buckets);
  return 2 * part * costs.gradient_bytes / network.bytes_per_second +
         messages * network.latency_seconds;
}

double SamplesPerSecond(const StepCosts& costs, const ScalePoint& point) {
  return static_cast<double>(costs.samples) / point.Seconds();
}

double Efficiency(const StepCosts& costs, const NetworkRates& network, const ScalePoint& point) {
  return PredictStep(costs, network, 1).Seconds() /
         (point.Seconds() * static_cast<double>(point.workers));
}

std::string Milliseconds(double seconds) { return fmt::format("{:.3f} ms", seconds * 1e3); }

}  // namespace

Result<StepCosts> ReadStepCosts(const std::string& explanation, const JobSpec& spec) {
  try {
    const auto json = nlohmann::json::parse(explanation);
    const auto& step = json.at("step_seconds");
    StepCosts costs{
        .samples = GlobalBatchOf(spec.batch, json.at("train_samples").get<std::int64_t>()),
        .logical_workers = std::max<std::int64_t>(1, spec.batch.logical_workers),
        .plans_seconds = step.at("plans").get<double>(),
        .update_seconds = step.at("update").get<double>(),
        .gradient_bytes = 4 * json.at("parameter_count").get<double>(),
        .buckets = std::max<std::int64_t>(1, std::ssize(json.at("buckets")))};
    if (costs.logical_workers > 1)
      costs.addition_seconds =
          step.at("additions").get<double>() / static_cast<double>(costs.logical_workers - 1);
    return costs;
  } catch (const nlohmann::json::exception& error) {
    return Status(Code::kInternal,
                  fmt::format("the worker program's explanation is unreadable: {}", error.what()));
  }
}

ScalePoint PredictStep(const StepCosts& costs, const NetworkRates& network, std::int64_t workers) {
  // There is always a power of two of them.
  const auto wanted = static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(workers)));
  const std::int64_t logical = std::min(std::max(costs.logical_workers, wanted), costs.samples);
  const std::int64_t of_one = DividedUp(logical, workers);
  ScalePoint point{.workers = workers,
                   .samples = std::min(of_one * DividedUp(costs.samples, logical), costs.samples)};
  point.compute_seconds = costs.plans_seconds * static_cast<double>(point.samples) /
                              static_cast<double>(costs.samples) +
                          costs.addition_seconds * static_cast<double>(of_one - 1) +
                          costs.update_seconds;
  point.exchange_seconds = ExchangeSeconds(costs, network, workers);
  return point;
}

std::vector<std::int64_t> WorkerCounts(std::int64_t first, std::int64_t last) {
  std::vector<std::int64_t> counts;
  for (std::int64_t count = first; count < last; count *= 2) counts.push_back(count);
  counts.push_back(last);
  return counts;
}

std::string ScaleText(const StepCosts& costs, const NetworkRates& network,
                      const std::vector<std::int64_t>& counts) {
  Table table({"WORKERS", "SAMPLES", "COMPUTE", "EXCHANGE", "STEP", "SAMPLES/S", "EFFICIENCY"});
  for (const std::int64_t count : counts) {
    const ScalePoint point = PredictStep(costs, network, count);
    table.AddRow({FormatGrouped(count), FormatGrouped(point.samples),
                  Milliseconds(point.compute_seconds), Milliseconds(point.exchange_seconds),
                  Milliseconds(point.Seconds()), FormatRate(SamplesPerSecond(costs, point)),
                  fmt::format("{:.1f} %", 100 * Efficiency(costs, network, point))});
  }
  return fmt::format(
      "{} samples a step, {} of gradients in {} bucket{}, {:g} Gbit/s and {:g} us between "
      "machines of one worker each\n{}",
      FormatGrouped(costs.samples), FormatBytes(static_cast<std::int64_t>(costs.gradient_bytes)),
      costs.buckets, costs.buckets == 1 ? "" : "s", network.bytes_per_second * 8e-9,
      network.latency_seconds * 1e6, table.ToString());
}

std::string ScaleJson(const StepCosts& costs, const NetworkRates& network,
                      const std::vector<std::int64_t>& counts) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const std::int64_t count : counts) {
    const ScalePoint point = PredictStep(costs, network, count);
    list.push_back({{"workers", point.workers},
                    {"samples_of_a_worker", point.samples},
                    {"compute_seconds", point.compute_seconds},
                    {"exchange_seconds", point.exchange_seconds},
                    {"step_seconds", point.Seconds()},
                    {"samples_per_second", SamplesPerSecond(costs, point)},
                    {"efficiency", Efficiency(costs, network, point)}});
  }
  return list.dump(2) + "\n";
}

}  // namespace descent
