#include "worker/train/describe_model.h"

#include <optional>

namespace descent {

ModelDescription DescribeModel(const JobSpec& spec, const Datasets& datasets) {
  const SampleFormat format = datasets.train->format();
  const bool has_features = format.feature_count > 0;
  return {.model = spec.model,
          .format = format,
          .vocabulary = datasets.vocabulary,
          .data = has_features ? std::optional(FittedData(spec.data, datasets)) : std::nullopt};
}

}  // namespace descent
