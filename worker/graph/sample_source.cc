#include "worker/graph/sample_source.h"

namespace descent {

double SampleSource::Real(double low, double high) {
  const std::uint32_t word = Philox4x32({draws_++, 0, 0, 0}, key_)[0];
  return low + (high - low) * static_cast<double>(word) * 0x1p-32;
}

std::int64_t SampleSource::Integer(std::int64_t first, std::int64_t last) {
  return first + static_cast<std::int64_t>(Real(0, static_cast<double>(last - first + 1)));
}

SampledTensor SampleSource::Reals(Shape shape) {
  std::vector<double> values(static_cast<std::size_t>(ElementCount(shape)));
  // Rounded to float, so that a kernel and its f64 reference read the same numbers.
  for (double& value : values) value = static_cast<float>(Real(-2, 2));
  return {{DataType::kFloat32, std::move(shape)}, std::move(values)};
}

SampledTensor SampleSource::RealsAwayFromZero(Shape shape) {
  SampledTensor tensor = Reals(std::move(shape));
  for (double& value : tensor.values) {
    const double magnitude = Real(0.1, 2);
    value = static_cast<float>(value < 0 ? -magnitude : magnitude);
  }
  return tensor;
}

SampledTensor SampleSource::Labels(std::int64_t rows, std::int64_t classes) {
  std::vector<double> values(static_cast<std::size_t>(rows));
  for (double& value : values) value = static_cast<double>(Integer(0, classes - 1));
  return {{DataType::kInt32, {rows}}, std::move(values)};
}

}  // namespace descent
