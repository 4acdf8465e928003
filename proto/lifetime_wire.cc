#include "proto/lifetime_wire.h"

#include <string>

#include "proto/enum_wire.h"

namespace descent {

// What is not given is not there: specs of jobs without it stay the same bytes.
void SetLifetime(const JobSpec& spec, v1::JobSpec& proto) {
  if (spec.start_timeout_seconds != 0) proto.set_start_timeout(spec.start_timeout_seconds);
  if (spec.deadline_seconds != 0) proto.set_deadline(spec.deadline_seconds);
  if (spec.retention.days) proto.mutable_retention()->set_days(*spec.retention.days);
  if (spec.retention.deletes_checkpoints)
    proto.mutable_retention()->set_checkpoints(v1::EXPIRED_CHECKPOINTS_DELETE);
}

Status SetLifetime(const v1::JobSpec& proto, JobSpec& spec) {
  spec.start_timeout_seconds = proto.start_timeout();
  spec.deadline_seconds = proto.deadline();
  if (proto.retention().has_days()) spec.retention.days = proto.retention().days();
  switch (proto.retention().checkpoints()) {
    case v1::EXPIRED_CHECKPOINTS_UNSPECIFIED:
    case v1::EXPIRED_CHECKPOINTS_KEEP:
      return Status();
    case v1::EXPIRED_CHECKPOINTS_DELETE:
      spec.retention.deletes_checkpoints = true;
      return Status();
    default:
      return UnknownEnum("retention.checkpoints", proto.retention().checkpoints());
  }
}

}  // namespace descent
