#include "tests/fault/fault_kinds.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <utility>

#include "tests/fault/tier.h"

namespace descent {
namespace {

const std::set<FileCall>& CallsThatTakeSpace() {
  static const std::set<FileCall> calls = {FileCall::kCreate,        FileCall::kReserve,
                                           FileCall::kWrite,         FileCall::kSync,
                                           FileCall::kMakeDirectory, FileCall::kRename};
  return calls;
}

const std::set<FileCall>& AllCalls() {
  static const std::set<FileCall> calls = {
      FileCall::kCreate,   FileCall::kOpen,          FileCall::kReserve, FileCall::kRead,
      FileCall::kWrite,    FileCall::kSync,          FileCall::kClose,   FileCall::kRename,
      FileCall::kTruncate, FileCall::kMakeDirectory, FileCall::kRemove};
  return calls;
}

const std::set<FileCall>& CallsThatSignalsInterrupt() {
  static const std::set<FileCall> calls = {FileCall::kCreate, FileCall::kOpen,  FileCall::kReserve,
                                           FileCall::kRead,   FileCall::kWrite, FileCall::kSync,
                                           FileCall::kClose};
  return calls;
}

}  // namespace

std::vector<FaultKind> FaultKinds() {
  std::vector<FaultKind> kinds;
  for (const bool goes_on : {false, true}) {
    const std::string suffix = goes_on ? ", and all after it" : "";
    const auto add = [&](const char* name, const std::set<FileCall>& calls, int error) {
      kinds.push_back({.name = std::string(name) + suffix,
                       .plan = {.calls = calls, .goes_on = goes_on, .error = error}});
    };
    add("ENOSPC", CallsThatTakeSpace(), ENOSPC);
    add("EDQUOT", CallsThatTakeSpace(), EDQUOT);
    add("EIO", AllCalls(), EIO);
    add("short write", {FileCall::kWrite}, 0);
  }
  // Not for ever: who is interrupted tries again.
  kinds.push_back(
      {.name = "EINTR", .plan = {.calls = CallsThatSignalsInterrupt(), .error = EINTR}});
  kinds.push_back({.name = "failed sync", .plan = {.calls = {FileCall::kSync}, .error = EIO}});
  return kinds;
}

std::size_t ForEachFault(std::int64_t short_stride,
                         const std::function<bool(const FaultPlan&)>& run) {
  const std::int64_t stride = IsLongTier() ? 1 : short_stride;
  const auto offset = static_cast<std::int64_t>(FaultSeed() % static_cast<std::uint64_t>(stride));
  std::size_t faults = 0;
  for (FaultKind kind : FaultKinds()) {
    for (kind.plan.first = 1 + offset;; kind.plan.first += stride) {
      SCOPED_TRACE(kind.name + " at call " + std::to_string(kind.plan.first));
      if (!run(kind.plan) || testing::Test::HasFailure()) break;
      ++faults;
    }
    if (testing::Test::HasFailure()) break;
  }
  return faults;
}

}  // namespace descent
