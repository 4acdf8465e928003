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

Result<MappedFile> OpenRecords(const std::filesystem::path& path, const RecordKind& kind) {
  Result<MappedFile> file = MappedFile::Open(path);
  if (!file.ok()) return Status(Code::kInvalidArgument, file.status().message());
  const std::span<const std::byte> bytes = file.value().bytes();
  if (bytes.empty() || bytes.size() % kind.size() != 0)
    return Problem(path, fmt::format("{} bytes, must be a multiple of {}: {} of labels and {} of "
                                     "pixels for each image",
                                     bytes.size(), kind.size(), kind.label_bytes, kPixels));
  DESCENT_RETURN_IF_ERROR(CheckLabels(bytes, kind, path));
  return file;
}

Result<std::vector<MappedFile>> OpenFiles(const std::string& glob, const RecordKind& kind) {
  FoundFiles found = FindFiles(glob);
  std::vector<MappedFile> files;
  for (const std::filesystem::path& path : found.paths) {
    Result<MappedFile> file = OpenRecords(path, kind);
    if (file.ok()) {
      files.push_back(std::move(file).value());
    } else {
      found.problems.push_back(file.status().message());
    }
  }
  if (found.problems.empty()) return files;
  return Status(Code::kInvalidArgument, fmt::format("{}", fmt::join(found.problems, "\n")));
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
  DESCENT_ASSIGN(const std::vector<MappedFile> files, OpenFiles(split.path, kind));
  const auto count_of = [&](const MappedFile& file) {
    return static_cast<std::int64_t>(file.bytes().size() / kind.size());
  };
  std::int64_t total = 0;
  for (const MappedFile& file : files) total += count_of(file);
  DESCENT_ASSIGN(const IndexRange range, ChooseRange(split, total));

  LabelledImages images{.shape = kShape, .class_count = kind.class_count};
  images.pixels.reserve(static_cast<std::size_t>(range.size()) * kPixels);
  std::int64_t start = 0;  // of the file's first record, among all
  for (const MappedFile& file : files) {
    const std::int64_t count = count_of(file);
    Append(file.bytes(), kind,
           {.first = std::clamp<std::int64_t>(range.first - start, 0, count),
            .last = std::clamp<std::int64_t>(range.last - start, 0, count)},
           images);
    start += count;
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
