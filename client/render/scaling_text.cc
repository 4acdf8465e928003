#include "client/render/scaling_text.h"

#include <spdlog/fmt/fmt.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "client/render/format.h"
#include "client/render/metric_text.h"
#include "client/render/table.h"

namespace descent {
namespace {

using Json = nlohmann::json;

constexpr int kPictureColumns = 64;
constexpr int kPictureRows = 8;

std::string StepMilliseconds(const Json& seconds) {
  return fmt::format("{:.3f}", seconds.get<double>() * 1e3);
}
std::string EfficiencyPercent(const Json& share) {
  return fmt::format("{:.1f}", share.get<double>() * 100);
}
std::string WholeBytes(const Json& bytes) {
  return FormatBytes(static_cast<std::int64_t>(bytes.get<double>()));
}

std::string StepsTable(const Json& scaling) {
  Table table({"WORKERS", "HOSTS", "BATCH", "STEP MS", "COMPUTE", "REDUCE", "NOT HIDDEN", "OTHER",
               "SAMPLES/S", "EFFICIENCY %", "MESSAGES", "LINK", "BEST BUCKETS", "STEP MS"});
  for (const Json& step : scaling.at("steps")) {
    const double other =
        step.at("exchange_seconds").get<double>() + step.at("update_seconds").get<double>();
    table.AddRow({FormatGrouped(step.at("workers")), FormatGrouped(step.at("hosts")),
                  FormatGrouped(step.at("global_batch")), StepMilliseconds(step.at("step_seconds")),
                  StepMilliseconds(step.at("compute_seconds")),
                  StepMilliseconds(step.at("reduction_seconds")),
                  StepMilliseconds(step.at("exposed_seconds")), StepMilliseconds(other),
                  FormatRate(step.at("samples_per_second")),
                  EfficiencyPercent(step.at("efficiency")), FormatCount(step.at("messages")),
                  WholeBytes(step.at("link_bytes")), WholeBytes(step.at("best_bucket_bytes")),
                  StepMilliseconds(step.at("best_step_seconds"))});
  }
  return table.ToString();
}

// Over the logarithm of the number of workers, which is what doubles from row to row.
std::string EfficiencyPicture(const Json& steps) {
  std::vector<PicturePoint> points;
  for (const Json& step : steps) {
    const double percent = step.at("efficiency").get<double>() * 100;
    points.push_back({std::log2(step.at("workers").get<double>()), percent, percent});
  }
  const std::string workers =
      fmt::format("{} to {} workers, doubling", FormatGrouped(steps.front().at("workers")),
                  FormatGrouped(steps.back().at("workers")));
  return "efficiency, %\n" + PictureText(points, workers, kPictureColumns, kPictureRows);
}

std::string TextOfScaling(const Json& scaling) {
  const Json& network = scaling.at("network");
  std::string text = fmt::format(
      "{} scaling over {:.4g} Gbit/s and {:.4g} us a message, {} to a host; a worker alone: {} "
      "ms\n",
      scaling.at("scaling").get<std::string>(),
      network.at("bytes_per_second").get<double>() * 8 / 1e9,
      network.at("message_seconds").get<double>() * 1e6,
      network.at("ranks_per_host").get<std::int64_t>(),
      StepMilliseconds(scaling.at("alone").at("step_seconds")));
  const Json& rates = scaling.at("rates");
  text += fmt::format("measured here: {} FLOP/s in products of matrices, {} moved/s in memory\n",
                      FormatRate(rates.at("matrix_flops")), WholeBytes(rates.at("memory_bytes")));
  const Json& steps = scaling.at("steps");
  if (!steps.empty()) text.append(StepsTable(scaling)).append("\n");
  if (steps.size() > 1) text.append(EfficiencyPicture(steps)).append("\n");
  for (const Json& reason : scaling.at("left_out"))
    text.append("left out: ").append(reason.get<std::string>()).append("\n");
  text += fmt::format(
      "Gradients travel in buckets of about {}; docs/guides/plan.md has the model, and what is not "
      "in "
      "it.\n",
      WholeBytes(scaling.at("bucket_bytes")));
  return text;
}

}  // namespace

Result<std::string> ScalingText(const std::string& json) {
  try {
    return TextOfScaling(Json::parse(json));
  } catch (const Json::exception& error) {
    return Status(Code::kInternal,
                  std::string("the worker program's prediction is unreadable: ") + error.what());
  }
}

}  // namespace descent
