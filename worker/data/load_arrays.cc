#include "worker/data/load_arrays.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/limits.h"
#include "worker/data/array_dataset.h"
#include "worker/data/load_splits.h"
#include "worker/data/npy_file.h"
#include "worker/data/npz_file.h"

namespace descent {
namespace {

// The arrays of a split.
struct SplitArrays {
  Array features;
  std::optional<Array> answers;  // labels or targets
};

// Both, so that what is wrong with each shows at once.
Result<SplitArrays> Both(Result<Array> features, Result<Array> answers) {
  if (features.ok() && answers.ok())
    return SplitArrays{.features = std::move(features).value(),
                       .answers = std::move(answers).value()};
  if (features.ok()) return answers.status();
  if (answers.ok()) return features.status();
  return Status(Code::kInvalidArgument,
                features.status().message() + "\n" + answers.status().message());
}

Result<SplitArrays> FeaturesAlone(Result<Array> features) {
  if (!features.ok()) return features.status();
  return SplitArrays{.features = std::move(features).value(), .answers = std::nullopt};
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

// An npy file of a model that is asked says nothing of answers.
Result<SplitArrays> ReadArrays(const DatasetSpec& split, bool may_lack_answers) {
  const std::string& answers = split.labels.empty() ? split.targets : split.labels;
  if (split.format == DataFormat::kNpy) {
    if (answers.empty()) return FeaturesAlone(OpenNpyFile(split.path));
    return Both(OpenNpyFile(split.path), OpenNpyFile(answers));
  }
  DESCENT_ASSIGN(const NpzFile file, NpzFile::Open(split.path));
  if (may_lack_answers && !Contains(file.Names(), answers))
    return FeaturesAlone(file.Read(split.features));
  return Both(file.Read(split.features), file.Read(answers));
}

// [N, H, W] has one channel; [N, C, H, W] has C.
std::optional<ImageShape> ImageOf(const std::vector<std::int64_t>& shape) {
  if (shape.size() == 3) return ImageShape{.channels = 1, .height = shape[1], .width = shape[2]};
  if (shape.size() == 4)
    return ImageShape{.channels = shape[1], .height = shape[2], .width = shape[3]};
  return std::nullopt;
}

std::string ShapeOf(const Array& array) {
  return fmt::format("shape ({})", fmt::join(array.shape(), ", "));
}

// Checks one split and makes its dataset, collecting problems by the field they belong to.
class SplitMaker {
 public:
  SplitMaker(const DatasetSpec& split, const JobSpec& spec, const ArrayDataset* train)
      : split_(split),
        shape_(spec.data.array_shape),
        ignore_index_(spec.model.ignore_index),
        train_(train) {}

  Result<std::unique_ptr<ArrayDataset>> Make(SplitArrays arrays) {
    CheckFeatures(arrays.features);
    const bool has_labels = arrays.answers && !split_.labels.empty();
    const bool has_targets = arrays.answers && !has_labels;
    if (arrays.answers) CheckRows(arrays.features, *arrays.answers);
    const std::int64_t classes = has_labels ? CheckLabels(*arrays.answers) : 0;
    if (has_targets) CheckTargets(*arrays.answers);
    if (!problems_.empty()) return Status(Code::kInvalidArgument, problems_);
    const bool is_image = shape_ == ArrayShape::kImage;
    const auto image = is_image ? ImageOf(arrays.features.shape()) : std::nullopt;
    ArrayDataset::Options options = {.features = std::move(arrays.features),
                                     .labels = std::nullopt,
                                     .targets = std::nullopt,
                                     .class_count = classes,
                                     .image = image,
                                     .files = {split_.path}};
    const bool is_npz = split_.format == DataFormat::kNpz;
    if (has_targets && !is_npz) options.files.push_back(split_.targets);
    (has_labels ? options.labels : options.targets) = std::move(arrays.answers);
    return std::make_unique<ArrayDataset>(std::move(options));
  }

 private:
  void Add(const std::string& array, const std::string& problem) {
    const bool is_npz = split_.format == DataFormat::kNpz;
    problems_ += fmt::format("{}{}: {}", problems_.empty() ? "" : "\n",
                             is_npz ? split_.path + ": array " + array : array, problem);
  }
  std::string FeaturesName() const {
    return split_.format == DataFormat::kNpz ? split_.features : split_.path;
  }
  std::string AnswersName() const { return split_.labels.empty() ? split_.targets : split_.labels; }

  void CheckFeatures(const Array& features) {
    if (features.row_size() > limits::kFeaturesMax)
      Add(FeaturesName(), fmt::format("{} features, must be at most {}", features.row_size(),
                                      limits::kFeaturesMax));
    if (shape_ == ArrayShape::kImage && !ImageOf(features.shape()))
      Add(FeaturesName(), ShapeOf(features) +
                              ", must be (samples, height, width) or (samples, "
                              "channels, height, width) of images");
    if (train_ == nullptr) return;
    const SampleFormat wanted = train_->format();
    if (features.row_size() != wanted.feature_count)
      Add(FeaturesName(), fmt::format("{}, must have {} features like the training set",
                                      ShapeOf(features), wanted.feature_count));
  }

  void CheckRows(const Array& features, const Array& answers) {
    if (answers.rows() != features.rows())
      Add(AnswersName(), fmt::format("{}, must have {} rows like the features", ShapeOf(answers),
                                     features.rows()));
  }

  // The number of classes.
  std::int64_t CheckLabels(const Array& labels) {
    if (!IsInteger(labels.type()) || labels.row_size() != 1) {
      Add(AnswersName(), fmt::format("{} of {}, must be one integer for each sample",
                                     ShapeOf(labels), NameOf(labels.type())));
      return 0;
    }
    const std::int64_t below =
        train_ == nullptr ? limits::kClassesMax : train_->format().class_count;
    std::int64_t largest = 0;
    for (std::int64_t row = 0; row < labels.rows(); ++row) {
      std::int64_t label = 0;
      labels.CopyRow(row, std::span(&label, 1));
      if (label == ignore_index_) continue;
      if (label < 0 || label >= below) {
        Add(AnswersName(),
            fmt::format("label {} at index {}, must be at least 0 and below {}", label, row,
                        train_ == nullptr ? fmt::to_string(below)
                                          : fmt::format("the training set's {} classes", below)));
        return 0;
      }
      largest = std::max(largest, label);
    }
    return train_ == nullptr ? largest + 1 : below;
  }

  void CheckTargets(const Array& targets) {
    const bool is_wide = targets.row_size() > limits::kFeaturesMax;
    const bool is_other = train_ != nullptr && targets.row_size() != train_->format().target_count;
    if (is_wide || is_other)
      Add(AnswersName(), fmt::format("{} numbers for each sample, must be {}", targets.row_size(),
                                     is_wide ? fmt::format("at most {}", limits::kFeaturesMax)
                                             : fmt::format("{} like the training set",
                                                           train_->format().target_count)));
  }

  const DatasetSpec& split_;
  const ArrayShape shape_;
  const std::optional<std::int64_t> ignore_index_;
  const ArrayDataset* const train_;
  std::string problems_;
};

}  // namespace

Result<Datasets> LoadArrays(const JobSpec& spec) {
  return LoadSplits<ArrayDataset>(
      spec.data,
      [&](const DatasetSpec& split,
          const ArrayDataset* train) -> Result<std::unique_ptr<ArrayDataset>> {
        DESCENT_ASSIGN(SplitArrays arrays, ReadArrays(split, spec.data.may_lack_answers));
        return SplitMaker(split, spec, train).Make(std::move(arrays));
      });
}

}  // namespace descent
