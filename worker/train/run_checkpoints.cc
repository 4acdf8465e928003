#include "worker/train/run_checkpoints.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "checkpoint/checkpoint_directory.h"
#include "common/clock.h"
#include "common/failpoint.h"
#include "common/log.h"
#include "worker/checkpoint/checkpoint_room.h"
#include "worker/train/trace_labels.h"

namespace descent {
namespace {

// A coordinator that is there records a checkpoint within milliseconds.
constexpr std::chrono::seconds kRecordWaitMax{1};
constexpr std::chrono::milliseconds kRecordPollInterval{5};

}  // namespace

RunCheckpoints::RunCheckpoints(Options options)
    : options_(std::move(options)), saved_step_(options_.state.steps_done()) {
  if (options_.collective.rank() == 0)
    saver_.emplace(CheckpointSaver::Options{.root = options_.assign.checkpoint_directory,
                                            .model = options_.model,
                                            .parameters = options_.state.ParameterTensors(),
                                            .optimizer = options_.state.OptimizerTensors(),
                                            .pool = options_.pool});
}

void RunCheckpoints::HearRequest(std::int64_t number) {
  heard_request_ = std::max(heard_request_, number);
}

Status RunCheckpoints::Save(SaveKind kind) {
  options_.set_phase("checkpoint");
  DESCENT_RETURN_IF_ERROR(Finish());
  const MonotonicTime begin = MonotonicNow();
  DESCENT_ASSIGN(const Decision decision, Agree(kind));
  if (decision != Decision::kWrite) return Status();
  DESCENT_FAILPOINT("worker.save.agreed");
  const TraceSpan span(options_.trace(), trace::kCheckpoint);
  TrainState& state = options_.state;
  DESCENT_RETURN_IF_ERROR(state.Gather());
  const Digest digest = state.ComputeDigest();
  DESCENT_RETURN_IF_ERROR(options_.verifier.VerifySaved(digest, state.steps_done()));
  saved_request_ = heard_request_;
  if (!saver_) return Status();
  saved_step_ = state.steps_done();
  kind_in_flight_ = kind;
  saver_->Start({.description = options_.describe(),
                 .digest = digest,
                 .parameters = state.ParameterTensors(),
                 .optimizer = state.OptimizerTensors(),
                 .begin = begin},
                options_.reporter.KeptCheckpoints());
  DESCENT_FAILPOINT("worker.save.begun");
  return Status();
}

Result<RunCheckpoints::Decision> RunCheckpoints::Agree(SaveKind kind) {
  const Decision mine = saver_ ? Decide(kind) : Decision::kWrite;
  std::vector<Decision> all(static_cast<std::size_t>(options_.collective.world_size()));
  const TraceSpan span(options_.trace(), trace::kCheckpoint);
  DESCENT_RETURN_IF_ERROR(options_.collective.AllGather(std::as_bytes(std::span(&mine, 1)),
                                                        std::as_writable_bytes(std::span(all))));
  return all.front();
}

RunCheckpoints::Decision RunCheckpoints::Decide(SaveKind kind) {
  if (saved_step_ == options_.state.steps_done()) return Decision::kIsSaved;
  if (kind != SaveKind::kScheduled) return Decision::kWrite;
  const std::filesystem::path root = options_.assign.checkpoint_directory;
  const std::vector<std::int64_t> kept = options_.reporter.KeptCheckpoints();
  const Status room = CheckRoom({.root = root,
                                 .bytes = saver_->memory_bytes(),  // a copy of what is written
                                 .watermark = options_.assign.low_watermark,
                                 .kept_steps = kept,
                                 .generation = options_.assign.generation});
  if (room.ok()) return Decision::kWrite;
  ReportSkipped(options_.state.steps_done(), room, 0);  // what is asked for is never skipped here
  return Decision::kSkip;
}

Status RunCheckpoints::Finish() {
  if (!saver_ || !saver_->is_in_flight()) return Status();
  options_.progress.SetSaving(true);
  Result<CheckpointWritten> written = [this] {
    const TraceSpan span(options_.trace(), trace::kCheckpoint);
    return saver_->Finish();
  }();
  options_.progress.SetSaving(false);
  const Status& status = written.status();
  if (status.code() == Code::kResourceExhausted && kind_in_flight_ != SaveKind::kNeeded) {
    // A save of the same step that is needed writes it anew.
    ReportSkipped(std::exchange(saved_step_, 0), status, saved_request_);
    return Status();
  }
  // What has failed is the checkpoint, whatever the steps do meanwhile.
  if (!written.ok()) options_.set_phase("checkpoint");
  DESCENT_ASSIGN(CheckpointWritten report, std::move(written));
  report.request = saved_request_;
  options_.report(std::move(report));
  return Status();
}

Status RunCheckpoints::FinishIfEnded() {
  return saver_ && saver_->has_ended() ? Finish() : Status();
}

Status RunCheckpoints::FinishOnAllRanks() {
  DESCENT_RETURN_IF_ERROR(Finish());
  return options_.collective.Barrier();
}

void RunCheckpoints::ReportSkipped(std::int64_t step, const Status& why, std::int64_t request) {
  options_.report(CheckpointSkipped{.job = options_.assign.job,
                                    .generation = options_.assign.generation,
                                    .step = step,
                                    .message = why.message(),
                                    .request = request});
}

void RunCheckpoints::RemoveLastSurplus() const {
  if (!saver_) return;
  const std::filesystem::path root = options_.assign.checkpoint_directory;
  // Of an attempt that was lost as it wrote or removed: no save need have come since.
  const Status cleaned = RemoveLeftovers(root, options_.assign.generation);
  if (!cleaned.ok() && cleaned.code() != Code::kNotFound)
    LogWarning("leftover not removed error=\"{}\"", cleaned.message());
  const auto present = FindCheckpoints(root);
  if (!present.ok() || std::ssize(present.value()) <= options_.assign.spec.checkpoint.keep_last)
    return;
  const MonotonicTime deadline = MonotonicNow() + kRecordWaitMax;
  std::vector<std::int64_t> kept = options_.reporter.KeptCheckpoints();
  while ((kept.empty() || kept.back() < saved_step_) && MonotonicNow() < deadline) {
    std::this_thread::sleep_for(kRecordPollInterval);
    kept = options_.reporter.KeptCheckpoints();
  }
  const Status removed = RemoveOldCheckpoints(root, kept, options_.assign.generation);
  if (!removed.ok()) LogWarning("old checkpoint not removed error=\"{}\"", removed.message());
}

}  // namespace descent
