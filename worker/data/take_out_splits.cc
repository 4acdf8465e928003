#include "worker/data/take_out_splits.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "common/keyed_permutation.h"
#include "worker/data/subset_dataset.h"

namespace descent {
namespace {

std::int64_t CountOf(const std::optional<DatasetSpec>& split, std::int64_t samples) {
  if (!split) return 0;
  return std::llround(split->train_fraction * static_cast<double>(samples));
}

bool IsTakenOut(const std::optional<DatasetSpec>& split) {
  return split && split->train_fraction != 0;
}

std::vector<std::int64_t> Draw(const KeyedPermutation& order, std::int64_t first,
                               std::int64_t count) {
  std::vector<std::int64_t> samples;
  for (std::int64_t i = first; i < first + count; ++i) samples.push_back(order.At(i));
  std::ranges::sort(samples);
  return samples;
}

Status CheckSize(const char* field, const std::optional<DatasetSpec>& split, std::int64_t count,
                 std::int64_t samples) {
  if (!IsTakenOut(split) || count >= 1) return Status();
  return Status(Code::kInvalidArgument,
                fmt::format("{}.train_fraction: {} of {} training samples is none, must be at "
                            "least one",
                            field, split->train_fraction, samples));
}

}  // namespace

Status TakeOutSplits(const JobSpec& spec, Datasets& datasets) {
  const DataSpec& data = spec.data;
  if (!IsTakenOut(data.validation) && !IsTakenOut(data.test)) return Status();
  const std::int64_t samples = datasets.train->sample_count();
  const std::int64_t validation = CountOf(data.validation, samples);
  const std::int64_t test = CountOf(data.test, samples);
  DESCENT_RETURN_IF_ERROR(CheckSize("data.validation", data.validation, validation, samples));
  DESCENT_RETURN_IF_ERROR(CheckSize("data.test", data.test, test, samples));
  if (validation + test >= samples)
    return Status(Code::kInvalidArgument,
                  fmt::format("data.train: {} samples, {} of which are taken out, must leave at "
                              "least one",
                              samples, validation + test));

  const KeyedPermutation order(MakePhiloxKey(spec.seed, RandomPurpose::kSplit), 0, samples);
  const std::shared_ptr<const Dataset> all = std::move(datasets.train);
  using Part = SubsetDataset::Part;
  if (validation > 0)
    datasets.validation =
        std::make_unique<SubsetDataset>(all, Draw(order, 0, validation), Part::kNamed);
  if (test > 0)
    datasets.test =
        std::make_unique<SubsetDataset>(all, Draw(order, validation, test), Part::kNamed);
  datasets.train =
      std::make_unique<SubsetDataset>(all, Draw(order, 0, validation + test), Part::kOthers);
  return Status();
}

}  // namespace descent
