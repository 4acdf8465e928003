#include "worker/data/load_image_folder.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/file.h"
#include "common/utf8.h"
#include "worker/data/file_problems.h"
#include "worker/data/image_dataset.h"
#include "worker/data/image_file.h"
#include "worker/data/load_splits.h"
#include "worker/data/resize_image.h"

namespace descent {
namespace {

namespace fs = std::filesystem;

constexpr std::int32_t kNoLabel = -1;

bool IsImageName(const fs::path& name) {
  std::string ending = name.extension().string();
  std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr std::array kEndings = {".png", ".jpg", ".jpeg"};
  return std::ranges::find(kEndings, ending) != kEndings.end();
}

struct ImageEntry {
  fs::path path;
  std::int32_t label = 0;
};

// One split on its way from a folder to a dataset; what is wrong with it is collected.
class FolderReader {
 public:
  // `train` is null for the training set.
  FolderReader(const DatasetSpec& split, const DataSpec& data, const LabelledImages* train)
      : split_(split),
        spec_(data.images),
        may_lack_answers_(data.may_lack_answers),
        train_(train) {}

  Result<LabelledImages> Read() {
    DESCENT_RETURN_IF_ERROR(FindClasses());
    FindImages();
    DESCENT_RETURN_IF_ERROR(ProblemStatus(problems_));
    DESCENT_ASSIGN(const IndexRange range, ChooseRange(split_, std::ssize(entries_)));
    for (std::int64_t i = range.first; i < range.last; ++i)
      Decode(entries_[static_cast<std::size_t>(i)]);
    DESCENT_RETURN_IF_ERROR(ProblemStatus(problems_));
    return std::move(images_);
  }

 private:
  void AddProblem(const fs::path& path, std::string_view problem) {
    problems_.push_back(fmt::format("{}: {}", path.string(), problem));
  }

  // The folders of the split, sorted, and the names of the classes, whose order gives the labels.
  Status FindClasses() {
    const Result<std::vector<std::string>> names = ListDirectory(split_.path);
    if (!names.ok()) return Status(Code::kInvalidArgument, names.status().message());
    std::error_code ignored;
    for (const std::string& name : names.value())
      if (!name.starts_with('.') && fs::is_directory(fs::path(split_.path) / name, ignored))
        folders_.push_back(name);
    for (const std::string& name : folders_)  // manifests have the names of the classes
      if (!IsUtf8(name)) AddProblem(fs::path(split_.path) / name, "the name is not UTF-8");
    DESCENT_RETURN_IF_ERROR(ProblemStatus(problems_));
    images_.class_names = !spec_.classes.empty() ? spec_.classes
                          : train_ != nullptr    ? train_->class_names
                                                 : folders_;
    images_.class_count = std::ssize(images_.class_names);
    if (!folders_.empty() || may_lack_answers_) return Status();
    return Status(Code::kInvalidArgument,
                  split_.path + ": no folders, must have one for each class");
  }

  void FindImages() {
    if (folders_.empty()) AddImagesOf(split_.path, kNoLabel);
    for (const std::string& folder : folders_) {
      const fs::path path = fs::path(split_.path) / folder;
      const auto known = std::ranges::find(images_.class_names, folder);
      if (known == images_.class_names.end()) {
        AddProblem(path, "must be one of the classes of the job");
        continue;
      }
      AddImagesOf(path, static_cast<std::int32_t>(known - images_.class_names.begin()));
    }
  }

  void AddImagesOf(const fs::path& folder, std::int32_t label) {
    const Result<std::vector<std::string>> names = ListDirectory(folder);
    if (!names.ok()) return problems_.push_back(names.status().message());
    const std::size_t before = entries_.size();
    for (const std::string& name : names.value())
      if (!name.starts_with('.') && IsImageName(name))
        entries_.push_back({.path = folder / name, .label = label});
    if (entries_.size() == before) AddProblem(folder, "no images, must have PNG or JPEG files");
  }

  void Decode(const ImageEntry& entry) {
    Result<PixelImage> read = ReadImageFile(entry.path, spec_.channels);
    if (!read.ok()) return problems_.push_back(read.status().message());
    PixelImage image = std::move(read).value();
    if (!spec_.size.empty()) image = ResizeImage(image, spec_.size[0], spec_.size[1]);
    if (images_.pixels.empty()) images_.shape = train_ == nullptr ? image.shape : train_->shape;
    if (image.shape != images_.shape)
      return AddProblem(entry.path, fmt::format("{} x {} pixels, must be {} x {} like the first "
                                                "image, or resized by data.images.size",
                                                image.shape.height, image.shape.width,
                                                images_.shape.height, images_.shape.width));
    const std::int64_t number = std::ssize(images_.files);
    images_.files.push_back({.path = entry.path.string(), .first_image = number});
    images_.pixels.insert(images_.pixels.end(), image.pixels.begin(), image.pixels.end());
    if (entry.label != kNoLabel) images_.labels.push_back(entry.label);
  }

  const DatasetSpec& split_;
  const ImagesSpec& spec_;
  const bool may_lack_answers_;
  const LabelledImages* const train_;
  std::vector<std::string> folders_;
  std::vector<ImageEntry> entries_;
  LabelledImages images_;
  std::vector<std::string> problems_;
};

}  // namespace

Result<Datasets> LoadImageFolder(const JobSpec& spec) {
  std::vector<std::string> classes;
  const auto load = [&](const DatasetSpec& split,
                        const ImageDataset* train) -> Result<std::unique_ptr<ImageDataset>> {
    FolderReader reader(split, spec.data, train == nullptr ? nullptr : &train->images());
    DESCENT_ASSIGN(LabelledImages images, reader.Read());
    if (train == nullptr) classes = images.class_names;
    return std::make_unique<ImageDataset>(std::move(images), spec.data.normalize);
  };
  DESCENT_ASSIGN(Datasets datasets, LoadSplits<ImageDataset>(spec.data, load));
  datasets.image_classes = std::move(classes);
  return datasets;
}

}  // namespace descent
