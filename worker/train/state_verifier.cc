#include "worker/train/state_verifier.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>

#include "common/failpoint.h"

namespace descent {
namespace {

static_assert(sizeof(StateDigests) == 32 && std::is_trivially_copyable_v<StateDigests>);

constexpr std::size_t kNamedMax = 8;

std::string Text(const StateDigests& digests) {
  std::string text = digests.parameters.ToHex();
  if (digests.optimizer != Digest()) text.append("/").append(digests.optimizer.ToHex());
  return text;
}

// "rank 2 has 3f…, the others have 8a…"
std::string Describe(std::span<const StateDigests> digests, std::span<const int> diverged) {
  std::string text;
  for (const int rank : diverged.first(std::min(diverged.size(), kNamedMax)))
    text += fmt::format("{}rank {} has {}", text.empty() ? "" : ", ", rank,
                        Text(digests[static_cast<std::size_t>(rank)]));
  if (diverged.size() > kNamedMax) text += fmt::format(" and {} more", diverged.size() - kNamedMax);
  for (std::size_t rank = 0; rank < digests.size(); ++rank)
    if (std::ranges::find(diverged, static_cast<int>(rank)) == diverged.end())
      return text + fmt::format(", the others have {}", Text(digests[rank]));
  return text;
}

}  // namespace

StateVerifier::StateVerifier(std::int64_t every_steps, std::int64_t agreed_step,
                             Collective& collective)
    : every_steps_(every_steps), collective_(collective), agreed_step_(agreed_step) {}

Result<Digest> StateVerifier::Verify(const TrainState& state) {
  const StateDigests digests = state.ComputeCommonDigests();
  DESCENT_RETURN_IF_ERROR(Compare(digests, state.steps_done()));
  return digests.parameters;
}

Status StateVerifier::VerifySaved(const Digest& state_digest, std::int64_t steps_done) {
  return Compare({.parameters = state_digest, .optimizer = {}}, steps_done);
}

Status StateVerifier::Compare(const StateDigests& mine, std::int64_t steps_done) {
  std::vector<StateDigests> digests(static_cast<std::size_t>(collective_.world_size()));
  DESCENT_FAILPOINT("worker.digests.before");
  DESCENT_RETURN_IF_ERROR(collective_.AllGather(std::as_bytes(std::span(&mine, 1)),
                                                std::as_writable_bytes(std::span(digests))));
  DESCENT_FAILPOINT("worker.digests.after");
  diverged_ranks_ = FindDivergedRanks(digests);
  if (diverged_ranks_.empty()) {
    agreed_step_ = steps_done;
    return Status();
  }
  return Status(Code::kInternal,
                fmt::format("the ranks' states after step {} differ: {}; those after step {} were "
                            "equal",
                            steps_done, Describe(digests, diverged_ranks_), agreed_step_));
}

}  // namespace descent
