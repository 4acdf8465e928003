#include "worker/data/idx_dataset.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "common/check.h"
#include "worker/data/file_problems.h"
#include "worker/data/idx_file.h"
#include "worker/data/load_splits.h"

namespace descent {
namespace {

constexpr const char* kLabelsEnding = "-labels-idx1-ubyte";

// The two files of a dataset, both readable.
struct IdxPair {
  IdxFile images;                 // [N, rows, columns]
  std::optional<IdxFile> labels;  // [N]
};

bool HasLabels(const std::string& prefix) {
  std::error_code ignored;
  return std::filesystem::exists(prefix + kLabelsEnding, ignored) ||
         std::filesystem::exists(prefix + kLabelsEnding + ".gz", ignored);
}

Result<IdxPair> ReadPair(const std::string& prefix, bool may_lack_labels) {
  Result<IdxFile> images = ReadIdxFile(prefix + "-images-idx3-ubyte", 3);
  if (images.ok() && may_lack_labels && !HasLabels(prefix))
    return IdxPair{.images = std::move(images).value(), .labels = std::nullopt};
  Result<IdxFile> labels = ReadIdxFile(prefix + kLabelsEnding, 1);
  std::vector<std::string> problems;
  if (!images.ok()) problems.push_back(images.status().message());
  if (!labels.ok()) problems.push_back(labels.status().message());
  DESCENT_RETURN_IF_ERROR(ProblemStatus(problems));
  return IdxPair{.images = std::move(images).value(), .labels = std::move(labels).value()};
}

Result<IndexRange> ChooseRange(const DatasetSpec& spec, const IdxPair& pair) {
  const std::int64_t image_count = pair.images.shape[0];
  const std::int64_t label_count = pair.labels ? pair.labels->shape[0] : image_count;
  std::vector<std::string> problems;
  if (label_count != image_count)
    problems.push_back(fmt::format("{}: {} labels, must be {} like the images in {}",
                                   pair.labels->path.string(), label_count, image_count,
                                   pair.images.path.string()));
  const IndexRange range = spec.range.value_or(IndexRange{.first = 0, .last = image_count});
  if (range.first < 0 || range.first >= range.last || range.last > image_count)
    problems.push_back(fmt::format("{}: range [{}, {}], must lie within its {} images",
                                   pair.images.path.string(), range.first, range.last,
                                   image_count));
  DESCENT_RETURN_IF_ERROR(ProblemStatus(problems));
  return range;
}

using IgnoreIndex = std::optional<std::int64_t>;

// Empty if all labels of the range are below `class_count` or ignored. One line however many are
// not.
std::string LabelProblem(const IdxFile& labels, IndexRange range, std::int64_t class_count,
                         IgnoreIndex ignore_index) {
  const auto first = labels.values.begin() + range.first;
  const auto last = labels.values.begin() + range.last;
  const auto is_beyond = [&](std::uint8_t label) {
    return label >= class_count && ignore_index != label;
  };
  const auto found = std::find_if(first, last, is_beyond);
  if (found == last) return "";
  const std::int64_t others = std::count_if(found + 1, last, is_beyond);
  return fmt::format("{}: label {} at index {}{}, must be below the training set's {} classes",
                     labels.path.string(), *found, found - labels.values.begin(),
                     others > 0 ? fmt::format(" (and {} more)", others) : "", class_count);
}

// At least one, though no label counts.
std::int64_t ClassCount(const IdxFile& labels, IndexRange range, IgnoreIndex ignore_index) {
  std::int64_t largest = 0;
  for (std::int64_t i = range.first; i < range.last; ++i) {
    const std::int64_t label = labels.values[static_cast<std::size_t>(i)];
    if (ignore_index != label) largest = std::max(largest, label);
  }
  return largest + 1;
}

std::span<const std::uint8_t> Cut(std::span<const std::uint8_t> values, IndexRange range,
                                  std::int64_t stride) {
  return values.subspan(static_cast<std::size_t>(range.first * stride),
                        static_cast<std::size_t>(range.size() * stride));
}

}  // namespace

Result<std::unique_ptr<IdxDataset>> IdxDataset::Load(const Options& options) {
  DESCENT_ASSIGN(IdxPair pair, ReadPair(options.dataset.path, options.may_lack_labels));
  DESCENT_ASSIGN(const IndexRange range, ChooseRange(options.dataset, pair));

  std::unique_ptr<IdxDataset> dataset(new IdxDataset(options.normalize));
  dataset->path_ = pair.images.path.string();
  dataset->rows_ = pair.images.shape[1];
  dataset->columns_ = pair.images.shape[2];
  if (options.train == nullptr && pair.labels) {
    dataset->class_count_ = ClassCount(*pair.labels, range, options.ignore_index);
  } else if (options.train != nullptr) {
    const IdxDataset& train = *options.train;
    dataset->class_count_ = train.class_count_;
    std::vector<std::string> problems;
    if (dataset->rows_ != train.rows_ || dataset->columns_ != train.columns_)
      problems.push_back(fmt::format("{}: images of {} x {}, must be {} x {} like the training set",
                                     pair.images.path.string(), dataset->rows_, dataset->columns_,
                                     train.rows_, train.columns_));
    if (pair.labels) {
      const std::string problem =
          LabelProblem(*pair.labels, range, train.class_count_, options.ignore_index);
      if (!problem.empty()) problems.push_back(problem);
    }
    DESCENT_RETURN_IF_ERROR(ProblemStatus(problems));
  }

  dataset->pixels_ = Cut(pair.images.values, range, dataset->format().feature_count);
  dataset->images_ = std::move(pair.images.storage);
  if (pair.labels) {
    dataset->labels_ = Cut(pair.labels->values, range, 1);
    dataset->label_file_ = std::move(pair.labels->storage);
  }
  return dataset;
}

void IdxDataset::CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                             std::span<std::int32_t> tokens, std::span<std::int32_t> labels) const {
  const auto feature_count = static_cast<std::size_t>(format().feature_count);
  DESCENT_CHECK(features.size() == samples.size() * feature_count);
  DESCENT_CHECK(tokens.empty());
  DESCENT_CHECK(labels.size() == (labels_.empty() ? 0 : samples.size()));
  for (std::size_t row = 0; row < samples.size(); ++row) {
    DESCENT_CHECK(samples[row] >= 0);
    DESCENT_CHECK(samples[row] < sample_count());
    const auto sample = static_cast<std::size_t>(samples[row]);
    normalizer_.Copy(pixels_.subspan(sample * feature_count, feature_count),
                     features.subspan(row * feature_count, feature_count));
    if (!labels.empty()) labels[row] = labels_[sample];
  }
}

Digest IdxDataset::Fingerprint() const {
  const std::array<std::int64_t, 4> shape = {sample_count(), rows_, columns_, class_count_};
  ChunkedHasher hasher;
  hasher.Add(std::as_bytes(std::span(shape)));
  hasher.Add(std::as_bytes(pixels_));
  hasher.Add(std::as_bytes(labels_));
  return hasher.Finish();
}

Result<Datasets> LoadIdx(const JobSpec& spec) {
  return LoadSplits<IdxDataset>(spec.data, [&](const DatasetSpec& split, const IdxDataset* train) {
    return IdxDataset::Load({.dataset = split,
                             .normalize = spec.data.normalize,
                             .train = train,
                             .ignore_index = spec.model.ignore_index,
                             .may_lack_labels = spec.data.may_lack_answers});
  });
}

}  // namespace descent
