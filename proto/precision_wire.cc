#include "proto/precision_wire.h"

#include <string>

namespace descent {

void SetPrecision(const JobSpec& spec, v1::JobSpec& proto) {
  if (spec.model.precision == Precision::kBFloat16) proto.set_precision(v1::PRECISION_BF16);
}

Status SetPrecision(const v1::JobSpec& proto, JobSpec& spec) {
  switch (proto.precision()) {
    case v1::PRECISION_UNSPECIFIED:
    case v1::PRECISION_F32:
      spec.model.precision = Precision::kFloat32;
      return Status();
    case v1::PRECISION_BF16:
      spec.model.precision = Precision::kBFloat16;
      return Status();
    default:
      return Status(Code::kInvalidArgument, "precision has the unknown value " +
                                                std::to_string(proto.precision()) +
                                                ": the sender is newer than this program");
  }
}

}  // namespace descent
