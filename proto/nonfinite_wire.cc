#include "proto/nonfinite_wire.h"

#include <string>

namespace descent {
namespace {

v1::NonfiniteAction ToProto(NonfiniteAction action) {
  switch (action) {
    case NonfiniteAction::kFail:
      return v1::NONFINITE_ACTION_FAIL;
    case NonfiniteAction::kSkip:
      return v1::NONFINITE_ACTION_SKIP;
    case NonfiniteAction::kRollback:
      return v1::NONFINITE_ACTION_ROLLBACK;
  }
  return v1::NONFINITE_ACTION_UNSPECIFIED;
}

Result<NonfiniteAction> FromProto(v1::NonfiniteAction action) {
  switch (action) {
    case v1::NONFINITE_ACTION_UNSPECIFIED:
    case v1::NONFINITE_ACTION_FAIL:
      return NonfiniteAction::kFail;
    case v1::NONFINITE_ACTION_SKIP:
      return NonfiniteAction::kSkip;
    case v1::NONFINITE_ACTION_ROLLBACK:
      return NonfiniteAction::kRollback;
    default:
      return Status(Code::kInvalidArgument, "nonfinite.action has the unknown value " +
                                                std::to_string(action) +
                                                ": the sender is newer than this program");
  }
}

}  // namespace

void SetNonfinite(const JobSpec& spec, v1::JobSpec& proto) {
  proto.mutable_nonfinite()->set_action(ToProto(spec.nonfinite.action));
  proto.mutable_nonfinite()->set_max(spec.nonfinite.max);
}

Status SetNonfinite(const v1::JobSpec& proto, JobSpec& spec) {
  DESCENT_ASSIGN(spec.nonfinite.action, FromProto(proto.nonfinite().action()));
  if (proto.nonfinite().has_max()) spec.nonfinite.max = proto.nonfinite().max();
  return Status();
}

void SetNonfinite(const StepMetrics& step, v1::StepMetrics& proto) {
  if (!step.nonfinite) return;
  proto.mutable_nonfinite()->set_action(ToProto(step.nonfinite->action));
  proto.mutable_nonfinite()->set_message(step.nonfinite->message);
}

Status SetNonfinite(const v1::StepMetrics& proto, StepMetrics& step) {
  if (!proto.has_nonfinite()) return Status();
  step.nonfinite.emplace();
  DESCENT_ASSIGN(step.nonfinite->action, FromProto(proto.nonfinite().action()));
  step.nonfinite->message = proto.nonfinite().message();
  return Status();
}

}  // namespace descent
