#include "proto/data_json.h"

#include <google/protobuf/util/json_util.h>

#include "common/check.h"
#include "proto/data_wire.h"

namespace descent {

std::string EncodeDataJson(const DataSpec& data) {
  v1::DataSpec proto;
  SetData(data, proto);
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  DESCENT_CHECK(google::protobuf::util::MessageToJsonString(proto, &json, options).ok());
  return json;
}

Result<DataSpec> DecodeDataJson(const std::string& json) {
  v1::DataSpec proto;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &proto);
  if (!status.ok()) return Status(Code::kInvalidArgument, std::string(status.message()));
  return DataFromProto(proto);
}

}  // namespace descent
