#include "worker/train/train_step.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/counted_answers.h"
#include "common/failpoint.h"
#include "worker/optim/clip.h"
#include "worker/optim/lr_schedule.h"
#include "worker/train/trace_labels.h"

namespace descent {

TrainStep::TrainStep(Options options)
    : options_(std::move(options)),
      planner_(options_.shard_plan),
      slices_(options_.plans.layout(), options_.collective.world_size()),
      update_({.spec = options_.spec,
               .layout = options_.plans.layout(),
               .pool = options_.pool,
               .state = options_.state,
               .collective = options_.collective}),
      exchange_(options_.shard_plan.logical_workers, slices_, options_.collective.rank()),
      reducer_({.layout = options_.plans.layout(),
                .slices = slices_,
                .update = options_.state.update(),
                .collective = options_.collective,
                .communication = communication_,
                .pool = options_.pool,
                .counted = options_.state.norm_ranges(),
                .square_sums = exchange_.square_sums(),
                .on_sum = OnSum(),
                .progress = options_.progress}),
      communication_(options_.communication_trace) {}

double TrainStep::LearningRate(std::int64_t step) const {
  return LearningRateAt(options_.spec.lr_schedule, LearningRateOf(options_.spec.optimizer), step,
                        options_.total_steps);
}

// A rank updates its slice of a bucket while it adds it up, if all that the update asks for is
// known by then: the gradient's norm is not, nor how many labels are ignored. A sharded update
// writes beside the old state, so one that turns out not to be finite is dropped. With several
// threads, all of them update afterwards instead of the one that reduces.
bool TrainStep::FusesUpdate() const {
  return options_.state.update() == UpdateKind::kSharded &&
         options_.spec.optimizer.clip_norm == 0 && !options_.spec.model.ignore_index &&
         options_.pool.thread_count() == 1;
}

GradientReducer::SumListener TrainStep::OnSum() {
  if (!FusesUpdate()) return {};
  return [this](int bucket, IndexRange elements, std::span<const float> sum) {
    update_.UpdateBlock(bucket, elements, sum);
  };
}

Result<StepOutcome> TrainStep::Run(const StepRequests& mine) {
  const std::int64_t step = options_.state.steps_done();
  const std::int64_t samples = planner_.StepSize(step);
  const TraceSpan span(options_.trace, trace::kStep, step);

  DESCENT_RETURN_IF_ERROR(reducer_.BeginStep(PresentLeaves(step)));
  exchange_.BeginStep(mine);
  const double learning_rate = LearningRate(step);
  if (FusesUpdate()) update_.Begin(learning_rate, 1 / static_cast<double>(samples), samples);
  nonfinite_samples_.Clear();
  if (const Status status = ComputeGradients(step); !status.ok()) {
    // Reductions that have begun wait for buckets that will not come.
    options_.collective.Abort();
    return status;
  }

  for (std::size_t i = 0; i < reducer_.leaves().size(); ++i)
    exchange_.SetGradientSquares(reducer_.leaves()[i].leaf, reducer_.SquareSumOf(i));

  DESCENT_RETURN_IF_ERROR(WaitForReductions());

  // Decided from the reduced bits, which are equal everywhere: all ranks take the same branch.
  const double counted = CountedSamples(exchange_.counted_answers(), options_.plans.format());
  const double divisor = counted > 0 ? counted : 1.0;  // of zeros, where nothing counts
  const double loss = exchange_.loss_sum() / divisor;
  const double norm = exchange_.gradient_norm() / divisor;
  StepOutcome outcome{.metrics = {.step = step + 1,
                                  .epoch = planner_.EpochOf(step),
                                  .loss = loss,
                                  .grad_norm = norm,
                                  .lr = learning_rate,
                                  .samples = samples},
                      .noise = std::nullopt,
                      .requests = exchange_.requests(),
                      .nonfinite = std::nullopt};
  if (std::isfinite(loss) && std::isfinite(norm)) {
    options_.set_phase("update");
    DESCENT_FAILPOINT("worker.update.before");
    outcome.noise = MeasureNoise();
    if (!FusesUpdate()) {
      const double clip_factor = ClipFactor(norm, options_.spec.optimizer.clip_norm);
      update_.Begin(learning_rate, clip_factor / divisor, samples);
      const TraceSpan update_span(options_.trace, trace::kUpdate);
      update_.UpdateAll(reducer_.sum());
    }
    options_.set_phase("exchange");
    const TraceSpan exchange_span(options_.trace, trace::kExchangeParameters);
    DESCENT_ASSIGN(outcome.metrics.update_ratio, update_.Finish());
    DESCENT_FAILPOINT("worker.update.after");
  } else {
    DESCENT_ASSIGN(outcome.nonfinite, FindNonfinite(step, loss, norm));
  }
  return outcome;
}

Status TrainStep::WaitForReductions() {
  options_.set_phase("reduce");
  const TraceSpan span(options_.trace, trace::kWaitForReduction);
  reducer_.AllBucketsPosted();
  communication_.Post(
      trace::kExchangeLosses, [this] { return exchange_.Exchange(options_.collective); },
      /*number=*/-1, CommunicationThread::Start::kWhenWaitedFor);
  return communication_.WaitAll();
}

// The ranks' sums are equal, and so are the logical workers' values: only whose samples' own losses
// are not finite is still to be told.
Result<NonfiniteStep> TrainStep::FindNonfinite(std::int64_t step, double loss, double norm) {
  DESCENT_RETURN_IF_ERROR(nonfinite_samples_.Exchange(options_.collective));
  NonfiniteStep found{.loss = loss, .gradient_norm = norm};
  std::vector<std::int64_t> positions;  // of those logical workers
  for (std::int64_t worker = 0; worker < options_.shard_plan.logical_workers; ++worker) {
    const IndexRange part = planner_.PositionsOf(step, worker);
    if (part.size() == 0) continue;
    ++found.logical_worker_count;
    if (std::isfinite(exchange_.loss_of(worker)) &&
        std::isfinite(exchange_.gradient_squares_of(worker)))
      continue;
    found.logical_workers.push_back(worker);
    for (std::int64_t position = part.first; position < part.last; ++position)
      positions.push_back(position);
  }
  found.sample_count = std::ssize(positions);
  if (nonfinite_samples_.count() > 0) {
    found.sample_count = nonfinite_samples_.count();
    positions = nonfinite_samples_.first_positions();
  }
  for (const std::int64_t position : positions) {
    if (found.first_samples.size() == NonfiniteSamples::kNamedMax) break;
    const std::int64_t sample =
        planner_.SamplesAt(step, {.first = position, .last = position + 1})[0];
    found.first_samples.push_back(sample);
    for (std::string& file : options_.dataset.FilesOf(sample))
      if (std::ranges::count(found.files, file) == 0) found.files.push_back(std::move(file));
  }
  return found;
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
    std::int64_t counted_answers = 0;
    const Batch* batch = nullptr;
    do {
      batch = &WaitForBatch(step, leaf);
      options_.set_phase("compute");
      DESCENT_ASSIGN(const double batch_loss, ComputeBatch(*batch, leaf));
      loss += batch_loss;
      counted_answers += CountAnswers(batch->labels, batch->place.positions.size());
    } while (!batch->place.is_last_of_logical_worker);
    exchange_.SetLoss(reducer_.leaves()[leaf].leaf, loss, counted_answers);
    if (leaf + 1 == reducer_.leaves().size()) break;
    const TraceSpan span(options_.trace, trace::kAddGradients);
    reducer_.LeafDone(leaf);
  }
  return Status();
}

// The next micro-batch of a leaf that has one.
const Batch& TrainStep::WaitForBatch(std::int64_t step, std::size_t leaf) {
  options_.set_phase("data");
  const TraceSpan span(options_.trace, trace::kWaitForData);
  const Batch* const batch = options_.batches.NextOfStep(step);
  DESCENT_CHECK(batch != nullptr);
  DESCENT_CHECK(batch->place.logical_worker == reducer_.leaves()[leaf].leaf);
  return *batch;
}

// Forward and backward of one micro-batch; the first of a leaf writes the gradient, later ones add.
// The very last one of the step starts each bucket's reduction as its gradients are finished.
Result<double> TrainStep::ComputeBatch(const Batch& batch, std::size_t leaf) {
  const BatchPlace& place = batch.place;
  const PlanKind kind =
      place.is_first_of_logical_worker ? PlanKind::kTrainWrite : PlanKind::kTrainAccumulate;
  DESCENT_ASSIGN(Plan* const plan, options_.plans.PlanFor(kind, place.positions.size()));
  sample_losses_.resize(static_cast<std::size_t>(place.positions.size()));
  sample_correct_.resize(batch.targets.empty() ? sample_losses_.size() : 0);

  PlanRun run{.features = batch.features,
              .tokens = batch.tokens,
              .labels = batch.labels,
              .targets = batch.targets,
              .parameters = options_.state.parameters(),
              .gradients = reducer_.BufferOf(leaf),
              .losses = sample_losses_,
              .correct = sample_correct_,
              .seed = options_.spec.seed,
              .step = place.step,
              .first_position = place.positions.first,
              .on_bucket_ready = {},
              .trace = options_.trace};
  const bool is_last_of_step =
      place.is_last_of_logical_worker && leaf + 1 == reducer_.leaves().size();
  if (is_last_of_step)
    run.on_bucket_ready = [this](int bucket) {
      const TraceSpan span(options_.trace, trace::kAddGradients, bucket);
      reducer_.BucketReady(bucket);
    };
  plan->Run(run);

  double loss = 0;
  for (std::size_t row = 0; row < sample_losses_.size(); ++row) {
    loss += double{sample_losses_[row]};
    if (!std::isfinite(sample_losses_[row]))
      nonfinite_samples_.Add(place.positions.first + static_cast<std::int64_t>(row));
  }
  return loss;
}

std::optional<GradientNoise> TrainStep::MeasureNoise() const {
  std::vector<GradientShare> shares;
  for (std::int64_t leaf = 0; leaf < options_.shard_plan.logical_workers; ++leaf) {
    const double samples =
        CountedSamples(exchange_.counted_answers_of(leaf), options_.plans.format());
    if (samples > 0) shares.push_back({samples, exchange_.gradient_squares_of(leaf)});
  }
  return EstimateNoise(shares, exchange_.gradient_norm() * exchange_.gradient_norm());
}

}  // namespace descent
