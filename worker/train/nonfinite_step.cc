#include "worker/train/nonfinite_step.h"

#include <spdlog/fmt/fmt.h>

#include <cmath>

namespace descent {
namespace {

// The sign of a NaN says nothing.
std::string Text(double value) { return std::isnan(value) ? "nan" : fmt::to_string(value); }

std::string Counted(std::int64_t count, const std::string& what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

std::string Describe(const NonfiniteStep& step) {
  std::string text =
      fmt::format("the loss is {} and the norm of the gradient is {}, both must be finite",
                  Text(step.loss), Text(step.gradient_norm));
  // Their sum alone is beyond the numbers.
  if (step.logical_workers.empty()) return text + ": each logical worker's own are";
  const auto bad = static_cast<std::int64_t>(step.logical_workers.size());
  text += bad == step.logical_worker_count
              ? fmt::format(": all {}", Counted(bad, "logical worker"))
              : fmt::format(": logical worker{} {} of {}", bad == 1 ? "" : "s",
                            fmt::join(step.logical_workers, ", "), step.logical_worker_count);
  const auto named = static_cast<std::int64_t>(step.first_samples.size());
  text += step.sample_count == named
              ? fmt::format(", sample{} {} of data.train", named == 1 ? "" : "s",
                            fmt::join(step.first_samples, ", "))
              : fmt::format(", {} of data.train: {}, …", Counted(step.sample_count, "sample"),
                            fmt::join(step.first_samples, ", "));
  if (!step.files.empty()) text += fmt::format(", from {}", fmt::join(step.files, ", "));
  return text;
}

}  // namespace descent
