#include "worker/train/checkpoint_saver.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "common/check.h"

namespace descent {
namespace {

// A thread that computes gets nine tenths of a core that both want. What the disk does first
// follows the niceness as well (ioprio_set(2), "Linux I/O priorities").
constexpr int kNiceness = 10;

// Of the calling thread alone: on Linux each has its own.
void LowerPriority() {
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), getpriority(PRIO_PROCESS, 0) + kNiceness);
}

}  // namespace

CheckpointSaver::CheckpointSaver(Options options)
    : root_(std::move(options.root)),
      pool_(options.pool),
      publish_(std::move(options.publish)),
      contents_{.model = std::move(options.model)},
      copy_(std::move(options.parameters), std::move(options.optimizer)) {}

void CheckpointSaver::Start(const State& state, std::vector<std::int64_t> kept_steps) {
  DESCENT_CHECK(!is_in_flight());
  copy_.Take(state.parameters, state.optimizer, pool_);
  contents_.description = state.description;
  contents_.state_digest = state.digest;
  contents_.parameters = copy_.parameters();
  contents_.optimizer = copy_.optimizer();
  write_ = std::async(std::launch::async, [this, kept_steps = std::move(kept_steps)] {
    LowerPriority();
    const MonotonicTime begin = MonotonicNow();
    Result<PublishedCheckpoint> published = publish_(root_, contents_, kept_steps);
    write_seconds_ = SecondsBetween(begin, MonotonicNow());
    return published;
  });
  blocking_seconds_ = SecondsBetween(state.begin, MonotonicNow());
}

bool CheckpointSaver::has_ended() const {
  return is_in_flight() && write_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

Result<CheckpointWritten> CheckpointSaver::Finish() {
  DESCENT_CHECK(is_in_flight());
  const MonotonicTime begin = MonotonicNow();
  DESCENT_ASSIGN(const PublishedCheckpoint published, write_.get());
  blocking_seconds_ += SecondsBetween(begin, MonotonicNow());
  const CheckpointDescription& description = contents_.description;
  return CheckpointWritten{.job = description.job,
                           .generation = description.generation,
                           .step = description.step,
                           .epoch = description.epoch,
                           .directory = published.directory.string(),
                           .state_digest = published.state_digest,
                           .bytes = published.bytes,
                           .write_seconds = write_seconds_,
                           .blocking_seconds = blocking_seconds_};
}

}  // namespace descent
