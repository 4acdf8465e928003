#pragma once

#include "common/trace.h"

namespace descent::trace {

// What a profile shows besides the steps of plans, by thread. The phases are those of
// docs/profile.md, which a summary adds up: of the training thread they do not overlap, but for
// kStep, which is around those of a step.

// The training thread.
inline constexpr TraceLabel kStep = {"step", "step"};
inline constexpr TraceLabel kWaitForData = {"data", "wait for a batch"};
inline constexpr TraceLabel kAddGradients = {"gradients", "add and measure gradients"};
inline constexpr TraceLabel kWaitForReduction = {"reduction", "wait for reductions and losses"};
inline constexpr TraceLabel kUpdate = {"update", "update"};
inline constexpr TraceLabel kExchangeParameters = {"exchange", "exchange parameters"};
inline constexpr TraceLabel kVerify = {"exchange", "compare states"};
inline constexpr TraceLabel kReport = {"report", "report"};
inline constexpr TraceLabel kWaitForGrant = {"grant", "wait for a grant"};
inline constexpr TraceLabel kEvaluate = {"evaluation", "evaluate"};
inline constexpr TraceLabel kCheckpoint = {"checkpoint", "save a checkpoint"};

// The communication thread.
inline constexpr TraceLabel kReduceBucket = {"bucket", "reduce bucket"};
inline constexpr TraceLabel kMeet = {"bucket", "wait for the others' slices"};
inline constexpr TraceLabel kExchangeLosses = {"losses", "exchange losses"};

}  // namespace descent::trace
