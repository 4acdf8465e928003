#include "worker/predict/dataset_for_model.h"

#include <spdlog/fmt/fmt.h>

#include <utility>

#include "common/job_spec.h"
#include "worker/data/derived_dataset.h"
#include "worker/data/load_datasets.h"

namespace descent {
namespace {

std::string ShapeOf(const SampleFormat& format) {
  if (format.token_count > 0) return fmt::format("{} tokens", format.token_count);
  if (!format.image) return fmt::format("{} features", format.feature_count);
  return fmt::format("images of {} x {} x {}", format.image->channels, format.image->height,
                     format.image->width);
}

// What a model says depends on the number of its features, not on how they are arranged.
Status CheckFits(const SampleFormat& found, const SampleFormat& wanted, const std::string& path) {
  const auto refuse = [&](const std::string& what, const std::string& like) {
    return Status(Code::kInvalidArgument,
                  fmt::format("{}: {}, must be {} like those that the model has learned from", path,
                              what, like));
  };
  const bool are_images = found.image && wanted.image;
  if (found.feature_count != wanted.feature_count || found.token_count != wanted.token_count ||
      (are_images && found.image != wanted.image))
    return refuse("samples of " + ShapeOf(found), ShapeOf(wanted));
  if (!HasAnswers(found)) return Status();
  if (found.target_count != wanted.target_count)
    return refuse(fmt::format("{} targets", found.target_count),
                  fmt::format("{}", wanted.target_count));
  if (found.target_count == 0 && found.class_count > wanted.class_count)
    return refuse(fmt::format("labels of {} classes", found.class_count),
                  fmt::format("of {}", wanted.class_count));
  return Status();
}

// A dataset whose labels are some of the model's classes.
class DatasetOfModel final : public DerivedDataset {
 public:
  DatasetOfModel(std::unique_ptr<const Dataset> samples, const SampleFormat& format)
      : DerivedDataset(std::move(samples)), format_(format) {}

  SampleFormat format() const override { return format_; }

 private:
  const SampleFormat format_;
};

}  // namespace

bool HasAnswers(const SampleFormat& format) {
  return format.label_count > 0 || format.target_count > 0;
}

Result<std::unique_ptr<const Dataset>> LoadForModel(const ModelDescription& description,
                                                    const AskedData& asked) {
  JobSpec spec;
  spec.model = description.model;
  DESCENT_ASSIGN(spec.data, DataOf(asked, description));
  DESCENT_ASSIGN(Datasets datasets, LoadDatasets(spec));
  SampleFormat format = datasets.train->format();
  DESCENT_RETURN_IF_ERROR(CheckFits(format, description.format, asked.path));
  if (HasAnswers(format)) format = description.format;
  return std::unique_ptr<const Dataset>(
      std::make_unique<DatasetOfModel>(std::move(datasets.train), format));
}

}  // namespace descent
