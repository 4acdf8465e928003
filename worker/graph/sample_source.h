#pragma once

#include <cstdint>
#include <vector>

#include "common/random.h"
#include "worker/graph/attributes.h"
#include "worker/graph/types.h"

namespace descent {

// A tensor drawn for a test, held in double whatever its type.
struct SampledTensor {
  TensorType type;
  std::vector<double> values;
};

// Valid operands of one node.
struct OpSample {
  std::vector<SampledTensor> inputs;
  Attributes attributes;
};

// Draws operands; equal seeds draw equal sequences. One thread at a time.
class SampleSource {
 public:
  explicit SampleSource(std::uint64_t seed) : key_{MakePhiloxKey(seed, RandomPurpose::kInit)} {}

  std::int64_t Integer(std::int64_t first, std::int64_t last);  // in [first, last]
  double Real(double low, double high);                         // in [low, high)

  SampledTensor Reals(Shape shape);  // in [-2, 2)
  // 0.1 to 2 from zero, where a kinked function has its kink.
  SampledTensor RealsAwayFromZero(Shape shape);
  SampledTensor Labels(std::int64_t rows, std::int64_t classes);  // int32 [rows] in [0, classes)

 private:
  PhiloxKey key_;
  std::uint32_t draws_ = 0;
};

}  // namespace descent
