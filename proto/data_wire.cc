#include "proto/data_wire.h"

#include <algorithm>
#include <array>
#include <string>

#include "common/check.h"
#include "proto/enum_wire.h"
#include "proto/image_wire.h"
#include "proto/table_wire.h"
#include "proto/vocabulary_wire.h"

namespace descent {
namespace {

struct FormatName {
  DataFormat format;
  v1::DataFormat proto;
};

constexpr std::array kFormats = {
    FormatName{DataFormat::kIdx, v1::DATA_FORMAT_IDX},
    FormatName{DataFormat::kText, v1::DATA_FORMAT_TEXT},
    FormatName{DataFormat::kTokens, v1::DATA_FORMAT_TOKENS},
    FormatName{DataFormat::kImages, v1::DATA_FORMAT_IMAGES},
    FormatName{DataFormat::kCifar10, v1::DATA_FORMAT_CIFAR10},
    FormatName{DataFormat::kCifar100, v1::DATA_FORMAT_CIFAR100},
    FormatName{DataFormat::kCsv, v1::DATA_FORMAT_CSV},
    FormatName{DataFormat::kTsv, v1::DATA_FORMAT_TSV},
    FormatName{DataFormat::kNpy, v1::DATA_FORMAT_NPY},
    FormatName{DataFormat::kNpz, v1::DATA_FORMAT_NPZ},
    FormatName{DataFormat::kSynthetic, v1::DATA_FORMAT_SYNTHETIC},
};

Status UnknownDataEnum(const std::string& field, int value) {
  return Status(Code::kInvalidArgument, field + " has the unknown value " + std::to_string(value) +
                                            ": the sender is newer than this program");
}

v1::DataFormat ToProto(DataFormat format) {
  const auto name = std::ranges::find(kFormats, format, &FormatName::format);
  DESCENT_CHECK(name != kFormats.end());
  return name->proto;
}

Result<DataFormat> FromProto(v1::DataFormat proto, const std::string& field) {
  if (proto == v1::DATA_FORMAT_UNSPECIFIED) return DataFormat::kIdx;
  const auto name = std::ranges::find(kFormats, proto, &FormatName::proto);
  if (name == kFormats.end()) return UnknownDataEnum(field + ".format", proto);
  return name->format;
}

v1::DatasetSpec ToProto(const DatasetSpec& dataset) {
  v1::DatasetSpec proto;
  proto.set_path(dataset.path);
  proto.set_format(ToProto(dataset.format));
  if (dataset.fraction) {
    proto.add_fraction(dataset.fraction->first);
    proto.add_fraction(dataset.fraction->last);
  }
  if (dataset.stride != 0) proto.set_stride(dataset.stride);
  if (dataset.range) {
    proto.add_range(dataset.range->first);
    proto.add_range(dataset.range->last);
  }
  if (!dataset.features.empty()) proto.set_features(dataset.features);
  if (!dataset.labels.empty()) proto.set_labels(dataset.labels);
  if (!dataset.targets.empty()) proto.set_targets(dataset.targets);
  if (dataset.samples != 0) proto.set_samples(dataset.samples);
  if (dataset.train_fraction != 0) proto.set_train_fraction(dataset.train_fraction);
  return proto;
}

Result<DatasetSpec> FromProto(const v1::DatasetSpec& proto, const std::string& field) {
  DatasetSpec dataset;
  dataset.path = proto.path();
  DESCENT_ASSIGN(dataset.format, FromProto(proto.format(), field));
  if (proto.fraction_size() != 0 && proto.fraction_size() != 2)
    return Status(Code::kInvalidArgument, field + ".fraction has " +
                                              std::to_string(proto.fraction_size()) +
                                              " numbers, must be [first, last]");
  if (proto.fraction_size() == 2)
    dataset.fraction = FractionRange{proto.fraction(0), proto.fraction(1)};
  dataset.stride = proto.stride();
  if (proto.range_size() != 0 && proto.range_size() != 2)
    return Status(Code::kInvalidArgument, field + ".range has " +
                                              std::to_string(proto.range_size()) +
                                              " numbers, must be [first, last)");
  if (proto.range_size() == 2) dataset.range = IndexRange{proto.range(0), proto.range(1)};
  dataset.features = proto.features();
  dataset.labels = proto.labels();
  dataset.targets = proto.targets();
  dataset.samples = proto.samples();
  dataset.train_fraction = proto.train_fraction();
  return dataset;
}

void SetNormalize(const NormalizeSpec& normalize, v1::NormalizeSpec& proto) {
  proto.mutable_mean()->Assign(normalize.mean.begin(), normalize.mean.end());
  proto.mutable_std()->Assign(normalize.std.begin(), normalize.std.end());
  proto.set_from(EnumToWire<v1::NormalizeFrom>(normalize.from));
}

Status FromProto(const v1::NormalizeSpec& proto, NormalizeSpec& normalize) {
  if (proto.mean_size() > 0) normalize.mean.assign(proto.mean().begin(), proto.mean().end());
  if (proto.std_size() > 0) normalize.std.assign(proto.std().begin(), proto.std().end());
  return SetEnumFromWire(proto.from(), NormalizeFrom::kTrainingSet, "data.normalize.from",
                         normalize.from);
}

}  // namespace

v1::Shuffle ShuffleToProto(Shuffle mode) { return EnumToWire<v1::Shuffle>(mode); }

Result<ShuffleSpec> ShuffleFromProto(v1::Shuffle mode, std::int64_t block,
                                     const std::string& field) {
  ShuffleSpec shuffle;
  DESCENT_RETURN_IF_ERROR(SetEnumFromWire(mode, Shuffle::kNone, field, shuffle.mode));
  if (block != 0) shuffle.block = block;
  return shuffle;
}

void SetData(const DataSpec& data, v1::DataSpec& proto) {
  *proto.mutable_train() = ToProto(data.train);
  if (data.validation) *proto.mutable_validation() = ToProto(*data.validation);
  if (data.test) *proto.mutable_test() = ToProto(*data.test);
  SetNormalize(data.normalize, *proto.mutable_normalize());
  SetImages(data, proto);
  SetVocabulary(data, proto);
  if (data.table != TableSpec()) SetTable(data.table, *proto.mutable_table());
  proto.set_array_shape(EnumToWire<v1::ArrayShape>(data.array_shape));
  if (data.synthetic != SyntheticSpec()) SetSynthetic(data.synthetic, *proto.mutable_synthetic());
  proto.set_shuffle(ShuffleToProto(data.shuffle.mode));
  if (data.shuffle.block != ShuffleSpec().block) proto.set_shuffle_block(data.shuffle.block);
}

Result<DataSpec> DataFromProto(const v1::DataSpec& proto) {
  DataSpec data;
  DESCENT_ASSIGN(data.train, FromProto(proto.train(), "data.train"));
  if (proto.has_validation()) {
    DESCENT_ASSIGN(data.validation, FromProto(proto.validation(), "data.validation"));
  }
  if (proto.has_test()) {
    DESCENT_ASSIGN(data.test, FromProto(proto.test(), "data.test"));
  }
  DESCENT_RETURN_IF_ERROR(FromProto(proto.normalize(), data.normalize));
  DESCENT_RETURN_IF_ERROR(SetImages(proto, data));
  DESCENT_RETURN_IF_ERROR(SetVocabulary(proto, data));
  DESCENT_ASSIGN(data.table, TableFromProto(proto.table()));
  DESCENT_RETURN_IF_ERROR(SetEnumFromWire(proto.array_shape(), ArrayShape::kImage,
                                          "data.array_shape", data.array_shape));
  DESCENT_ASSIGN(data.synthetic, SyntheticFromProto(proto.synthetic()));
  DESCENT_ASSIGN(data.shuffle,
                 ShuffleFromProto(proto.shuffle(), proto.shuffle_block(), "data.shuffle"));
  return data;
}

}  // namespace descent
