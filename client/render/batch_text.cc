#include "client/render/batch_text.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace descent {

std::string BatchSizeText(const BatchSpec& batch) {
  return batch.global == kAllSamples ? "all samples" : fmt::to_string(batch.global);
}

std::string BatchPartsText(const BatchSpec& batch) {
  if (batch.global == kAllSamples)
    return fmt::format("all samples = {} logical workers x accumulation of {} each",
                       batch.logical_workers, batch.micro);
  const std::int64_t part = PartOf(batch.global, batch.logical_workers, 0).size();
  const std::int64_t accumulation = (part + batch.micro - 1) / batch.micro;
  return fmt::format("{} = {} logical workers x {} x {} accumulation", batch.global,
                     batch.logical_workers, std::min(batch.micro, part), accumulation);
}

}  // namespace descent
