#include "tests/unit/data/dataset_rows.h"

#include <numeric>

#include "worker/data/sample_buffer.h"

namespace descent {
namespace {

SampleBuffer ReadAll(const Dataset& dataset) {
  SampleBuffer buffer(dataset.format(), dataset.sample_count());
  std::vector<std::int64_t> samples(static_cast<std::size_t>(dataset.sample_count()));
  std::iota(samples.begin(), samples.end(), 0);
  buffer.Fill(dataset, samples);
  return buffer;
}

}  // namespace

std::vector<float> FeaturesOf(const Dataset& dataset) {
  const SampleBuffer buffer = ReadAll(dataset);
  return {buffer.features().begin(), buffer.features().end()};
}

std::vector<std::int32_t> LabelsOf(const Dataset& dataset) {
  const SampleBuffer buffer = ReadAll(dataset);
  return {buffer.labels().begin(), buffer.labels().end()};
}

std::vector<float> TargetsOf(const Dataset& dataset) {
  const SampleBuffer buffer = ReadAll(dataset);
  return {buffer.targets().begin(), buffer.targets().end()};
}

}  // namespace descent
