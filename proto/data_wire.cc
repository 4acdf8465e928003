#include "proto/data_wire.h"

#include <algorithm>
#include <array>
#include <string>

#include "common/check.h"

namespace descent {
namespace {

struct FormatName {
  DataFormat format;
  v1::DataFormat proto;
};

constexpr std::array kFormats = {
    FormatName{DataFormat::kIdx, v1::DATA_FORMAT_IDX},
    FormatName{DataFormat::kText, v1::DATA_FORMAT_TEXT},
};

Status UnknownEnum(const std::string& field, int value) {
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
  if (name == kFormats.end()) return UnknownEnum(field + ".format", proto);
  return name->format;
}

v1::Tokenizer ToProto(Tokenizer tokenizer) {
  return tokenizer == Tokenizer::kByte ? v1::TOKENIZER_BYTE : v1::TOKENIZER_CHAR;
}

Result<Tokenizer> FromProto(v1::Tokenizer tokenizer) {
  switch (tokenizer) {
    case v1::TOKENIZER_UNSPECIFIED:
    case v1::TOKENIZER_BYTE:
      return Tokenizer::kByte;
    case v1::TOKENIZER_CHAR:
      return Tokenizer::kChar;
    default:
      return UnknownEnum("data.tokenizer", tokenizer);
  }
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
  return dataset;
}

}  // namespace

void SetData(const DataSpec& data, v1::DataSpec& proto) {
  *proto.mutable_train() = ToProto(data.train);
  if (data.validation) *proto.mutable_validation() = ToProto(*data.validation);
  if (data.test) *proto.mutable_test() = ToProto(*data.test);
  for (const double mean : data.normalize.mean) proto.mutable_normalize()->add_mean(mean);
  for (const double std : data.normalize.std) proto.mutable_normalize()->add_std(std);
  proto.set_tokenizer(ToProto(data.tokenizer));
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
  const v1::NormalizeSpec& normalize = proto.normalize();
  if (normalize.mean_size() > 0)
    data.normalize.mean.assign(normalize.mean().begin(), normalize.mean().end());
  if (normalize.std_size() > 0)
    data.normalize.std.assign(normalize.std().begin(), normalize.std().end());
  DESCENT_ASSIGN(data.tokenizer, FromProto(proto.tokenizer()));
  return data;
}

}  // namespace descent
