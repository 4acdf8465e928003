#include "worker/data/load_datasets.h"

#include <array>
#include <string>
#include <utility>

#include "common/check.h"
#include "worker/data/idx_dataset.h"
#include "worker/data/load_texts.h"

namespace descent {
namespace {

// Loads one split and appends what is wrong with it to `problems`, a line each.
std::unique_ptr<const IdxDataset> LoadSplit(const IdxDataset::Options& options,
                                            std::string& problems) {
  Result<std::unique_ptr<IdxDataset>> dataset = IdxDataset::Load(options);
  if (dataset.ok()) return std::move(dataset).value();
  if (!problems.empty()) problems += '\n';
  problems += dataset.status().message();
  return nullptr;
}

Result<Datasets> LoadImages(const DataSpec& spec) {
  std::string problems;
  auto train = LoadSplit({.dataset = spec.train, .normalize = spec.normalize}, problems);
  // Without a training set the other splits are still read, so that all problems show at once.
  const auto load_other = [&](const std::optional<DatasetSpec>& split) {
    return split ? LoadSplit({.dataset = *split, .normalize = spec.normalize, .train = train.get()},
                             problems)
                 : nullptr;
  };
  auto validation = load_other(spec.validation);
  auto test = load_other(spec.test);
  if (!problems.empty()) return Status(Code::kInvalidArgument, problems);
  return Datasets{.train = std::move(train),
                  .validation = std::move(validation),
                  .test = std::move(test),
                  .vocabulary = std::nullopt};
}

}  // namespace

Digest Datasets::Fingerprint() const {
  ChunkedHasher hasher;
  for (const Dataset* split : {train.get(), validation.get(), test.get()}) {
    const std::string digest = split == nullptr ? "absent" : split->Fingerprint().ToHex();
    hasher.Add(std::as_bytes(std::span(digest)));
  }
  if (vocabulary) {
    const std::string characters = vocabulary->characters();
    hasher.Add(std::as_bytes(std::span(characters)));
  }
  return hasher.Finish();
}

Result<Datasets> LoadDatasets(const JobSpec& spec) {
  if (spec.data.train.format == DataFormat::kIdx) return LoadImages(spec.data);
  const auto* gpt = std::get_if<GptSpec>(&spec.model.architecture);
  DESCENT_CHECK(gpt != nullptr);
  return LoadTexts(spec.data, gpt->context_length);
}

}  // namespace descent
