#include "coordinator/batch_advice.h"

#include <spdlog/fmt/fmt.h>

#include <cmath>
#include <optional>

namespace descent {
namespace {

// Beyond these factors of the noise scale another batch size is worth a thought; between them none
// is clearly better, and the estimate is no sharper.
constexpr double kSmall = 0.5;
constexpr double kLarge = 2.0;

// Two digits are more than the estimate has.
std::string Rounded(double samples) {
  if (samples < 1) return "less than 1 sample";
  const double unit = std::pow(10.0, std::max(0.0, std::floor(std::log10(samples)) - 1));
  const double rounded = std::round(samples / unit) * unit;
  return fmt::format("about {:.0f} sample{}", rounded, rounded == 1 ? "" : "s");
}

}  // namespace

std::string BatchAdvice(const Job& job) {
  const std::optional<double> scale = NoiseScale(job.gradient_noise);
  if (!scale) return "";
  const std::int64_t batch = GlobalBatchOf(job.spec.batch, job.train_samples);
  const std::string noise = fmt::format("the gradient noise scale is {}", Rounded(*scale));
  if (static_cast<double>(batch) < kSmall * *scale)
    return fmt::format(
        "{}: a larger batch than {} would learn nearly as much from each sample, in fewer steps",
        noise, batch);
  if (static_cast<double>(batch) > kLarge * *scale)
    return fmt::format(
        "{}: a smaller batch than {} would learn more from each sample, in more and shorter steps",
        noise, batch);
  return fmt::format("{}: the batch of {} is a fair choice between samples and steps", noise,
                     batch);
}

}  // namespace descent
