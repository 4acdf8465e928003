#include "worker/train/train_step.h"

#include <cmath>
#include <utility>

#include "common/clock.h"
#include "worker/optim/clip.h"
#include "worker/optim/lr_schedule.h"

namespace descent {
namespace {

// The update is memory-bound and its bits do not depend on the cut: a few large pieces per thread.
constexpr std::int64_t kUpdateChunk = std::int64_t{1} << 15;

}  // namespace

TrainStep::TrainStep(Options options)
    : options_(std::move(options)),
      planner_(options_.shard_plan),
      reducer_(options_.plans.layout(), options_.collective, communication_),
      losses_(options_.shard_plan.logical_workers, options_.collective.world_size(),
              options_.collective.rank()) {}

Result<StepOutcome> TrainStep::Run(bool is_stop_requested) {
  const MonotonicTime start = MonotonicNow();
  const std::int64_t step = options_.state.steps_done();
  const std::int64_t samples = planner_.StepSize(step);

  reducer_.BeginStep(PresentLeaves(step));
  losses_.BeginStep(is_stop_requested);
  if (const Status status = ComputeGradients(step); !status.ok()) {
    // Reductions that have begun wait for buckets that will not come.
    options_.collective.Abort();
    return status;
  }

  options_.set_phase("reduce");
  communication_.Post([this] { return losses_.Exchange(options_.collective); });
  DESCENT_RETURN_IF_ERROR(communication_.WaitAll());

  // Decided from the reduced bits, which are equal everywhere: all ranks take the same branch.
  const double loss = losses_.loss_sum() / static_cast<double>(samples);
  const double norm = GlobalNorm(reducer_.sum()) / static_cast<double>(samples);
  if (!std::isfinite(loss) || !std::isfinite(norm))
    return Status(Code::kFailedPrecondition, "step " + std::to_string(step) + ": loss " +
                                                 std::to_string(loss) + ", gradient norm " +
                                                 std::to_string(norm) + ", both must be finite");

  options_.set_phase("update");
  const double learning_rate = LearningRateAt(
      options_.spec.lr_schedule, options_.spec.optimizer.adamw.lr, step, options_.total_steps);
  Update(learning_rate,
         ClipFactor(norm, options_.spec.optimizer.clip_norm) / static_cast<double>(samples));
  return StepOutcome{.metrics = {.step = step + 1,
                                 .epoch = planner_.EpochOf(step),
                                 .loss = loss,
                                 .grad_norm = norm,
                                 .lr = learning_rate,
                                 .samples = samples,
                                 .step_seconds = SecondsBetween(start, MonotonicNow())},
                     .is_stop_agreed = losses_.is_stop_requested_anywhere()};
}

std::vector<bool> TrainStep::PresentLeaves(std::int64_t step) const {
  std::vector<bool> present;
  for (std::int64_t leaf = 0; leaf < options_.shard_plan.logical_workers; ++leaf)
    present.push_back(planner_.PositionsOf(step, leaf).size() > 0);
  return present;
}

Status TrainStep::ComputeGradients(std::int64_t step) {
  if (reducer_.leaves().empty()) reducer_.AllBucketsReady();
  for (std::size_t leaf = 0; leaf < reducer_.leaves().size(); ++leaf) {
    double loss = 0;
    const Batch* batch = nullptr;
    do {
      options_.set_phase("data");
      batch = options_.batches.NextOfStep(step);
      DESCENT_CHECK(batch != nullptr);
      DESCENT_CHECK(batch->place.logical_worker == reducer_.leaves()[leaf].leaf);
      options_.set_phase("compute");
      DESCENT_ASSIGN(const double batch_loss, ComputeBatch(*batch, leaf));
      loss += batch_loss;
    } while (!batch->place.is_last_of_logical_worker);
    losses_.SetLoss(reducer_.leaves()[leaf].leaf, loss);
    if (leaf + 1 < reducer_.leaves().size()) reducer_.LeafDone(leaf);
  }
  return Status();
}

// Forward and backward of one micro-batch; the first of a leaf writes the gradient, later ones add.
// The very last one of the step starts each bucket's reduction as its gradients are finished.
Result<double> TrainStep::ComputeBatch(const Batch& batch, std::size_t leaf) {
  const BatchPlace& place = batch.place;
  const PlanKind kind =
      place.is_first_of_logical_worker ? PlanKind::kTrainWrite : PlanKind::kTrainAccumulate;
  DESCENT_ASSIGN(Plan* const plan, options_.plans.PlanFor(kind, place.positions.size()));
  sample_losses_.resize(static_cast<std::size_t>(place.positions.size()));
  sample_correct_.resize(sample_losses_.size());

  PlanRun run{.features = batch.features,
              .labels = batch.labels,
              .parameters = options_.state.parameters(),
              .gradients = reducer_.BufferOf(leaf),
              .losses = sample_losses_,
              .correct = sample_correct_,
              .seed = options_.spec.seed,
              .step = place.step,
              .first_position = place.positions.first,
              .on_bucket_ready = {}};
  const bool is_last_of_step =
      place.is_last_of_logical_worker && leaf + 1 == reducer_.leaves().size();
  if (is_last_of_step) run.on_bucket_ready = [this](int bucket) { reducer_.BucketReady(bucket); };
  plan->Run(run);

  double loss = 0;
  for (const float sample_loss : sample_losses_) loss += double{sample_loss};
  return loss;
}

void TrainStep::Update(double learning_rate, double gradient_scale) {
  AdamW& optimizer = options_.state.optimizer();
  const AdamWFactors factors = optimizer.BeginStep(learning_rate, gradient_scale);
  const std::int64_t count = options_.plans.layout().element_count;
  options_.pool.ParallelFor(
      (count + kUpdateChunk - 1) / kUpdateChunk, [&](std::int64_t chunk, int) {
        const IndexRange range{chunk * kUpdateChunk, std::min(count, (chunk + 1) * kUpdateChunk)};
        optimizer.UpdateRange(factors, range, reducer_.sum(), options_.state.parameters());
      });
}

std::int64_t TrainStep::memory_bytes() const { return reducer_.buffer_bytes(); }

}  // namespace descent
