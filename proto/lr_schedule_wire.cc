#include "proto/lr_schedule_wire.h"

#include <string>

namespace descent {
namespace {

v1::LrCurve ToProto(LrCurve curve) {
  switch (curve) {
    case LrCurve::kLinear:
      return v1::LR_CURVE_LINEAR;
    case LrCurve::kCosine:
      return v1::LR_CURVE_COSINE;
    case LrCurve::kSquareRoot:
      return v1::LR_CURVE_SQUARE_ROOT;
  }
  return v1::LR_CURVE_UNSPECIFIED;
}

Result<LrCurve> FromProto(v1::LrCurve curve, LrCurve by_default) {
  switch (curve) {
    case v1::LR_CURVE_UNSPECIFIED:
      return by_default;
    case v1::LR_CURVE_LINEAR:
      return LrCurve::kLinear;
    case v1::LR_CURVE_COSINE:
      return LrCurve::kCosine;
    case v1::LR_CURVE_SQUARE_ROOT:
      return LrCurve::kSquareRoot;
    default:
      return Status(Code::kInvalidArgument, "lr_schedule.curve has the unknown value " +
                                                std::to_string(curve) +
                                                ": the sender is newer than this program");
  }
}

// What every schedule but one_cycle and step has.
template <typename Proto>
void SetWarmup(const LrScheduleSpec& schedule, Proto& proto) {
  proto.set_warmup_steps(schedule.warmup_steps);
  proto.set_min_lr(schedule.min_lr);
}

template <typename Proto>
LrScheduleSpec FromWarmup(LrScheduleKind kind, const Proto& proto) {
  return {.kind = kind, .warmup_steps = proto.warmup_steps(), .min_lr = proto.min_lr()};
}

void SetStep(const LrScheduleSpec& schedule, v1::StepScheduleSpec& proto) {
  proto.set_warmup_steps(schedule.warmup_steps);
  for (const std::int64_t milestone : schedule.milestones) proto.add_milestones(milestone);
  if (schedule.every_steps != 0) proto.set_every_steps(schedule.every_steps);
  proto.set_gamma(schedule.gamma);
}

LrScheduleSpec FromStep(const v1::StepScheduleSpec& proto) {
  LrScheduleSpec schedule{.kind = LrScheduleKind::kStep, .warmup_steps = proto.warmup_steps()};
  schedule.milestones.assign(proto.milestones().begin(), proto.milestones().end());
  schedule.every_steps = proto.every_steps();
  if (proto.has_gamma()) schedule.gamma = proto.gamma();
  return schedule;
}

void SetOneCycle(const LrScheduleSpec& schedule, v1::OneCycleSpec& proto) {
  proto.set_rise(schedule.rise);
  proto.set_start_divisor(schedule.start_divisor);
  proto.set_end_divisor(schedule.end_divisor);
  proto.set_curve(ToProto(schedule.curve));
}

Result<LrScheduleSpec> FromOneCycle(const v1::OneCycleSpec& proto) {
  LrScheduleSpec schedule{.kind = LrScheduleKind::kOneCycle};
  if (proto.has_rise()) schedule.rise = proto.rise();
  if (proto.has_start_divisor()) schedule.start_divisor = proto.start_divisor();
  if (proto.has_end_divisor()) schedule.end_divisor = proto.end_divisor();
  DESCENT_ASSIGN(schedule.curve, FromProto(proto.curve(), LrCurve::kCosine));
  return schedule;
}

}  // namespace

void SetLrSchedule(const LrScheduleSpec& schedule, v1::LrScheduleSpec& proto) {
  switch (schedule.kind) {
    case LrScheduleKind::kConstant:
      return SetWarmup(schedule, *proto.mutable_constant());
    case LrScheduleKind::kLinear:
      return SetWarmup(schedule, *proto.mutable_linear());
    case LrScheduleKind::kCosine:
      return SetWarmup(schedule, *proto.mutable_cosine());
    case LrScheduleKind::kWsd:
      SetWarmup(schedule, *proto.mutable_wsd());
      proto.mutable_wsd()->set_decay_steps(schedule.decay_steps);
      return proto.mutable_wsd()->set_curve(ToProto(schedule.curve));
    case LrScheduleKind::kPolynomial:
      SetWarmup(schedule, *proto.mutable_polynomial());
      return proto.mutable_polynomial()->set_power(schedule.power);
    case LrScheduleKind::kStep:
      return SetStep(schedule, *proto.mutable_step());
    case LrScheduleKind::kOneCycle:
      return SetOneCycle(schedule, *proto.mutable_one_cycle());
  }
}

Result<LrScheduleSpec> LrScheduleFromProto(const v1::LrScheduleSpec& proto) {
  switch (proto.kind_case()) {
    case v1::LrScheduleSpec::kLinear:
      return FromWarmup(LrScheduleKind::kLinear, proto.linear());
    case v1::LrScheduleSpec::kCosine:
      return FromWarmup(LrScheduleKind::kCosine, proto.cosine());
    case v1::LrScheduleSpec::kWsd: {
      LrScheduleSpec schedule = FromWarmup(LrScheduleKind::kWsd, proto.wsd());
      schedule.decay_steps = proto.wsd().decay_steps();
      DESCENT_ASSIGN(schedule.curve, FromProto(proto.wsd().curve(), LrCurve::kLinear));
      return schedule;
    }
    case v1::LrScheduleSpec::kPolynomial: {
      LrScheduleSpec schedule = FromWarmup(LrScheduleKind::kPolynomial, proto.polynomial());
      if (proto.polynomial().has_power()) schedule.power = proto.polynomial().power();
      return schedule;
    }
    case v1::LrScheduleSpec::kStep:
      return FromStep(proto.step());
    case v1::LrScheduleSpec::kOneCycle:
      return FromOneCycle(proto.one_cycle());
    case v1::LrScheduleSpec::kConstant:
    case v1::LrScheduleSpec::KIND_NOT_SET:
      break;
  }
  return FromWarmup(LrScheduleKind::kConstant, proto.constant());
}

}  // namespace descent
