#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/data_spec.h"
#include "common/result.h"
#include "worker/data/datasets.h"

namespace descent {

// Loads the splits of a job one after the other, the training set first, and collects what is
// wrong with them; those that are taken out of it (train_fraction) are left to TakeOutSplits.
// `load(split, train)` returns Result<std::unique_ptr<Split>>, a line for each problem; `train` is
// null for the training set, and otherwise the training set, whose format binds the split. Without
// a training set the others are still read, so that all problems show at once.
template <typename Split, typename Load>
Result<Datasets> LoadSplits(const DataSpec& spec, const Load& load) {
  std::string problems;
  const auto load_split = [&](const DatasetSpec& split,
                              const Split* train) -> std::unique_ptr<const Split> {
    Result<std::unique_ptr<Split>> dataset = load(split, train);
    if (dataset.ok()) return std::move(dataset).value();
    problems += (problems.empty() ? "" : "\n") + dataset.status().message();
    return nullptr;
  };
  Datasets datasets;
  auto train = load_split(spec.train, nullptr);
  const auto is_there = [](const std::optional<DatasetSpec>& split) {
    return split && split->train_fraction == 0;
  };
  if (is_there(spec.validation)) datasets.validation = load_split(*spec.validation, train.get());
  if (is_there(spec.test)) datasets.test = load_split(*spec.test, train.get());
  datasets.train = std::move(train);
  if (!problems.empty()) return Status(Code::kInvalidArgument, problems);
  return datasets;
}

}  // namespace descent
