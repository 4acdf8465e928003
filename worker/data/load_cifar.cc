#include "worker/data/load_cifar.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/mapped_file.h"
#include "worker/data/file_problems.h"
#include "worker/data/find_files.h"
#include "worker/data/image_dataset.h"
#include "worker/data/load_splits.h"

namespace descent {
namespace {

constexpr ImageShape kShape = {.channels = 3, .height = 32, .width = 32};
constexpr std::size_t kPixels = 3 * 32 * 32;

struct RecordKind {
  std::size_t label_bytes;  // before the pixels
  std::size_t label_index;  // of the one that counts
  std::int64_t class_count;

  std::size_t size() const { return label_bytes + kPixels; }
};

RecordKind KindOf(const DataSpec& data) {
  if (data.train.format == DataFormat::kCifar10)
    return {.label_bytes = 1, .label_index = 0, .class_count = 10};
  if (data.images.labels == ImageLabels::kCoarse)
    return {.label_bytes = 2, .label_index = 0, .class_count = 20};
  return {.label_bytes = 2, .label_index = 1, .class_count = 100};
}

Status Problem(const std::filesystem::path& path, std::string_view problem) {
  return Status(Code::kInvalidArgument, fmt::format("{}: {}", path.string(), problem));
}

Status CheckLabels(std::span<const std::byte> bytes, const RecordKind& kind,
                   const std::filesystem::path& path) {
  for (std::size_t record = 0; record < bytes.size() / kind.size(); ++record) {
    const auto label = std::to_integer<int>(bytes[record * kind.size() + kind.label_index]);
    if (label >= kind.class_count)
      return Problem(path, fmt::format("label {} at record {}, must be below {}", label, record,
                                       kind.class_count));
  }
  return Status();
}

struct RecordFile {
  std::filesystem::path path;
  MappedFile file;
  std::int64_t count = 0;  // of records
};

Result<RecordFile> OpenRecords(const std::filesystem::path& path, const RecordKind& kind) {
  Result<MappedFile> file = MappedFile::Open(path);
  if (!file.ok()) return Status(Code::kInvalidArgument, file.status().message());
  const std::span<const std::byte> bytes = file.value().bytes();
  if (bytes.empty() || bytes.size() % kind.size() != 0)
    return Problem(path, fmt::format("{} bytes, must be a multiple of {}: {} of labels and {} of "
                                     "pixels for each image",
                                     bytes.size(), kind.size(), kind.label_bytes, kPixels));
  DESCENT_RETURN_IF_ERROR(CheckLabels(bytes, kind, path));
  const auto count = static_cast<std::int64_t>(bytes.size() / kind.size());
  return RecordFile{.path = path, .file = std::move(file).value(), .count = count};
}

Result<std::vector<RecordFile>> OpenFiles(const std::string& glob, const RecordKind& kind) {
  FoundFiles found = FindFiles(glob);
  std::vector<RecordFile> files;
  for (const std::filesystem::path& path : found.paths) {
    Result<RecordFile> file = OpenRecords(path, kind);
    if (file.ok()) {
      files.push_back(std::move(file).value());
    } else {
      found.problems.push_back(file.status().message());
    }
  }
  DESCENT_RETURN_IF_ERROR(ProblemStatus(found.problems));
  return files;
}

// Appends the records of `range` among those of a file.
void Append(std::span<const std::byte> bytes, const RecordKind& kind, IndexRange range,
            LabelledImages& images) {
  for (std::int64_t index = range.first; index < range.last; ++index) {
    const auto record = bytes.subspan(static_cast<std::size_t>(index) * kind.size(), kind.size());
    images.labels.push_back(std::to_integer<std::int32_t>(record[kind.label_index]));
    for (const std::byte pixel : record.subspan(kind.label_bytes))
      images.pixels.push_back(std::to_integer<std::uint8_t>(pixel));
  }
}

Result<std::unique_ptr<ImageDataset>> LoadSplit(const DatasetSpec& split, const DataSpec& data) {
  const RecordKind kind = KindOf(data);
  DESCENT_ASSIGN(const std::vector<RecordFile> files, OpenFiles(split.path, kind));
  std::int64_t total = 0;
  for (const RecordFile& file : files) total += file.count;
  DESCENT_ASSIGN(const IndexRange range, ChooseRange(split, total));

  LabelledImages images{.shape = kShape, .class_count = kind.class_count};
  images.pixels.reserve(static_cast<std::size_t>(range.size()) * kPixels);
  std::int64_t start = 0;  // of the file's first record, among all
  for (const RecordFile& file : files) {
    const IndexRange wanted = {
        .first = std::clamp<std::int64_t>(range.first - start, 0, file.count),
        .last = std::clamp<std::int64_t>(range.last - start, 0, file.count)};
    start += file.count;
    if (wanted.size() == 0) continue;
    images.files.push_back({.path = file.path.string(), .first_image = std::ssize(images.labels)});
    Append(file.file.bytes(), kind, wanted, images);
  }
  return std::make_unique<ImageDataset>(std::move(images), data.normalize);
}

}  // namespace

Result<Datasets> LoadCifar(const JobSpec& spec) {
  return LoadSplits<ImageDataset>(spec.data, [&](const DatasetSpec& split, const ImageDataset*) {
    return LoadSplit(split, spec.data);
  });
}

std::string DescribeCifar(const std::filesystem::path& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error || size == 0) return "";
  const auto describe = [&](std::size_t label_bytes, const char* name) {
    const std::size_t record = label_bytes + kPixels;
    return size % record != 0
               ? ""
               : fmt::format("{}: {} images, if it is of {}\n", path.string(), size / record, name);
  };
  return describe(1, "CIFAR-10") + describe(2, "CIFAR-100");
}

}  // namespace descent
