#include "worker/predict/asked_data.h"

#include <spdlog/fmt/fmt.h>

#include <optional>
#include <string_view>

#include "common/job_spec_data.h"
#include "worker/data/npy_file.h"
#include "worker/data/npz_file.h"

namespace descent {
namespace {

bool IsTable(DataFormat format) { return format == DataFormat::kCsv || format == DataFormat::kTsv; }

bool AreArrays(DataFormat format) {
  return format == DataFormat::kNpy || format == DataFormat::kNpz;
}

bool ArePixels(DataFormat format) {
  return format == DataFormat::kIdx || format == DataFormat::kImages ||
         format == DataFormat::kCifar10 || format == DataFormat::kCifar100;
}

Status Refuse(std::string_view flag, std::string_view found, std::string_view wanted) {
  return Status(Code::kInvalidArgument, fmt::format("{}: {}, must be {}", flag, found, wanted));
}

std::vector<std::string> ClassWords(const ModelDescription& description) {
  std::vector<std::string> words = ClassNamesOf(description);
  for (std::int64_t i = std::ssize(words); i < description.format.class_count; ++i)
    words.push_back(fmt::to_string(i));
  return words;
}

// Of the formats whose images have as many channels in every file; of others 0.
std::int64_t ChannelsOf(DataFormat format) {
  if (format == DataFormat::kIdx) return 1;
  const bool is_cifar = format == DataFormat::kCifar10 || format == DataFormat::kCifar100;
  return is_cifar ? 3 : 0;
}

Status CheckFormat(const AskedData& asked, DataFormat format, const ModelDescription& description) {
  const bool learned_pixels = ArePixels(description.data->train.format);
  if (learned_pixels && IsTable(format))
    return Refuse(
        "--format", asked.format,
        "idx, images, cifar10, cifar100, npy or npz, as the model has learned from pixels");
  if (!learned_pixels && ArePixels(format))
    return Refuse("--format", asked.format,
                  "csv, tsv, npy or npz, as the model has learned from numbers");
  const std::int64_t channels = ChannelsOf(format);
  if (channels == 0 || channels == description.format.image->channels) return Status();
  return Refuse("--format", fmt::format("{} of {} channels", asked.format, channels),
                fmt::format("one of {}, as the images that the model has learned from",
                            description.format.image->channels));
}

Result<Array> ReadFeatures(const AskedData& asked, DataFormat format) {
  if (format == DataFormat::kNpy) return OpenNpyFile(asked.path);
  DESCENT_ASSIGN(const NpzFile file, NpzFile::Open(asked.path));
  return file.Read(asked.features);
}

// Numbers of `normalize` for pixels, to be used of their bytes.
void NormalizeBytes(NormalizeSpec& normalize) {
  for (std::vector<double>* numbers : {&normalize.mean, &normalize.std})
    for (double& number : *numbers) number *= 255;
}

// Makes `data` those of another format than the job had.
Status ChangeFormat(const AskedData& asked, DataFormat format, const ModelDescription& description,
                    DataSpec& data) {
  const DataFormat old = data.train.format;
  data.train = {.format = format};
  if (IsTable(old) && IsTable(format)) return Status();
  data.table = {.classes = ClassWords(description)};
  data.images.classes = ClassWords(description);
  if (AreArrays(old)) return Status();
  const bool is_for_all = data.normalize.mean.size() == 1 && data.normalize.std.size() == 1;
  data.array_shape = is_for_all ? ArrayShape::kFlat : ArrayShape::kImage;
  if (!ArePixels(old)) return Status();
  data.images.channels = description.format.image->channels;
  data.images.size = {description.format.image->height, description.format.image->width};
  if (!AreArrays(format)) return Status();
  DESCENT_ASSIGN(const Array features, ReadFeatures(asked, format));
  if (features.type() == ElementType::kUint8) NormalizeBytes(data.normalize);
  return Status();
}

// Says where the features, and the labels or targets, are.
Status NameArrays(const AskedData& asked, DataSpec& data) {
  DatasetSpec& split = data.train;
  const bool are_arrays = AreArrays(split.format);
  if (!asked.features.empty()) split.features = asked.features;
  if (asked.labels.empty() && asked.targets.empty()) return Status();
  if (!are_arrays && !IsTable(split.format))
    return Refuse("--labels and --targets", "given",
                  "absent, as they are of csv, tsv, npy and npz");
  data.may_lack_answers = false;
  if (are_arrays) {
    split.labels = asked.labels;
    split.targets = asked.targets;
  } else {
    data.table.label = asked.labels;
    data.table.targets.clear();
    if (!asked.targets.empty()) data.table.targets = {asked.targets};
  }
  return Status();
}

Status CheckNames(const AskedData& asked, const DatasetSpec& job, DataFormat format) {
  if (!asked.labels.empty() && !asked.targets.empty())
    return Refuse("--labels and --targets", "both given", "one of them");
  if (format != DataFormat::kNpz && !asked.features.empty())
    return Refuse("--features", "given", "absent, as it is of npz");
  if (format == DataFormat::kNpz && asked.features.empty() && job.format != format)
    return Refuse("--features", "absent", "the name of an array in the npz file");
  return Status();
}

}  // namespace

Result<DataSpec> DataOf(const AskedData& asked, const ModelDescription& description) {
  if (!description.data)
    return Status(Code::kFailedPrecondition,
                  "the checkpoint does not say how its samples were read: an older version or a "
                  "model of texts wrote it");
  if (ArePixels(description.data->train.format) && !description.format.image)
    return Status(Code::kFailedPrecondition,
                  "the checkpoint does not say which size the images had that it has learned from");
  DataSpec data = *description.data;
  data.augment = {};
  data.may_lack_answers = true;
  DataFormat format = data.train.format;
  if (!asked.format.empty()) {
    const Result<DataFormat> named = FileFormatFromName(asked.format);
    if (!named.ok()) return Status(Code::kInvalidArgument, "--format: " + named.status().message());
    format = named.value();
  }
  DESCENT_RETURN_IF_ERROR(CheckNames(asked, data.train, format));
  if (format != data.train.format) {
    DESCENT_RETURN_IF_ERROR(CheckFormat(asked, format, description));
    DESCENT_RETURN_IF_ERROR(ChangeFormat(asked, format, description, data));
  }
  data.train.path = asked.path;
  DESCENT_RETURN_IF_ERROR(NameArrays(asked, data));
  return data;
}

std::vector<std::string> ClassNamesOf(const ModelDescription& description) {
  if (!description.data) return {};
  const DataFormat format = description.data->train.format;
  if (IsTable(format)) return description.data->table.classes;
  return format == DataFormat::kImages ? description.data->images.classes
                                       : std::vector<std::string>();
}

}  // namespace descent
