#include "proto/reduction_wire.h"

#include "proto/enum_wire.h"

namespace descent {

void SetReduction(const JobSpec& spec, v1::JobSpec& proto) {
  if (spec.reduction != ReductionKind::kReproducible)
    proto.set_reduction(EnumToWire<v1::Reduction>(spec.reduction));
}

Status SetReduction(const v1::JobSpec& proto, JobSpec& spec) {
  return SetEnumFromWire(proto.reduction(), ReductionKind::kFastest, "reduction", spec.reduction);
}

}  // namespace descent
