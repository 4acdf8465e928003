#include "worker/data/datasets.h"

#include <span>
#include <string>
#include <vector>

namespace descent {
namespace {

// What the numbers of categories and classes stand for.
void AddWords(const TableSpec& table, ChunkedHasher& hasher) {
  const auto add = [&](const std::vector<std::string>& words) {
    const std::size_t count = words.size();
    hasher.Add(std::as_bytes(std::span(&count, 1)));
    for (const std::string& word : words) hasher.Add(std::as_bytes(std::span(word)));
  };
  add(table.columns);
  for (const ColumnCategories& categories : table.categories) add(categories.values);
  add(table.classes);
}

}  // namespace

Digest Datasets::Fingerprint() const {
  ChunkedHasher hasher;
  for (const Dataset* split : {train.get(), validation.get(), test.get()}) {
    const std::string digest = split == nullptr ? "absent" : split->Fingerprint().ToHex();
    hasher.Add(std::as_bytes(std::span(digest)));
  }
  if (vocabulary) vocabulary->AddTo(hasher);
  if (table) AddWords(*table, hasher);
  return hasher.Finish();
}

DataSpec FittedData(const DataSpec& spec, const Datasets& datasets) {
  DataSpec fitted = spec;
  const bool is_npz = spec.train.format == DataFormat::kNpz;
  fitted.train = {.format = spec.train.format,
                  .features = is_npz ? spec.train.features : "",
                  .labels = is_npz ? spec.train.labels : "",
                  .targets = is_npz ? spec.train.targets : ""};
  fitted.validation.reset();
  fitted.test.reset();
  fitted.shuffle = {};
  fitted.normalize = datasets.normalize;
  if (datasets.table) fitted.table = *datasets.table;
  fitted.images.classes = datasets.image_classes;
  return fitted;
}

}  // namespace descent
