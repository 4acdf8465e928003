#include "worker/train/train_step.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "common/counted_answers.h"
#include "worker/optim/clip.h"
#include "worker/optim/lr_schedule.h"
#include "worker/train/trace_labels.h"

namespace descent {
namespace {

// The update is memory-bound and its bits do not depend on the cut: a few large pieces per thread.
constexpr std::int64_t kUpdateChunk = std::int64_t{1} << 15;

// How far the weights move changes slowly, and measuring it reads them twice more.
constexpr std::int64_t kStepsBetweenMeasures = 10;

std::int64_t SizeOf(std::span<const IndexRange> ranges) {
  std::int64_t size = 0;
  for (const IndexRange& range : ranges) size += range.size();
  return size;
}

// A rank that updates everything has the slices of a world of one.
bool IsShared(const TrainState& state) { return state.update() == UpdateKind::kSharded; }

}  // namespace

TrainStep::TrainStep(Options options)
    : options_(std::move(options)),
      planner_(options_.shard_plan),
      slices_(options_.plans.layout(), options_.collective.world_size()),
      update_slices_(options_.plans.layout(),
                     IsShared(options_.state) ? options_.collective.world_size() : 1),
      update_rank_(IsShared(options_.state) ? options_.collective.rank() : 0),
      update_chunks_(ChunksOf(update_slices_, update_rank_, kUpdateChunk)),
      update_measure_(update_slices_, update_rank_),
      weights_before_(static_cast<std::size_t>(options_.pool.thread_count())),
      exchange_(options_.shard_plan.logical_workers, slices_, options_.collective.rank()),
      reducer_({.layout = options_.plans.layout(),
                .slices = slices_,
                .update = options_.state.update(),
                .collective = options_.collective,
                .communication = communication_,
                .pool = options_.pool,
                .counted = options_.state.norm_ranges(),
                .square_sums = exchange_.square_sums()}),
      communication_(options_.communication_trace) {
  std::int64_t size = 0;
  for (const UpdateChunk& chunk : update_chunks_) size += chunk.elements.size();
  DESCENT_CHECK(size == SizeOf(options_.state.UpdateRanges()));
}

Result<StepOutcome> TrainStep::Run(bool is_stop_requested) {
  const std::int64_t step = options_.state.steps_done();
  const std::int64_t samples = planner_.StepSize(step);
  const TraceSpan span(options_.trace, trace::kStep, step);

  DESCENT_RETURN_IF_ERROR(reducer_.BeginStep(PresentLeaves(step)));
  exchange_.BeginStep(is_stop_requested);
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
  const double learning_rate =
      LearningRateAt(options_.spec.lr_schedule, LearningRateOf(options_.spec.optimizer), step,
                     options_.total_steps);
  StepOutcome outcome{.metrics = {.step = step + 1,
                                  .epoch = planner_.EpochOf(step),
                                  .loss = loss,
                                  .grad_norm = norm,
                                  .lr = learning_rate,
                                  .samples = samples},
                      .is_stop_agreed = exchange_.is_stop_requested_anywhere(),
                      .nonfinite = std::nullopt};
  if (std::isfinite(loss) && std::isfinite(norm)) {
    options_.set_phase("update");
    outcome.metrics.noise = MeasureNoise();
    DESCENT_ASSIGN(outcome.metrics.update_ratio,
                   Update(learning_rate,
                          ClipFactor(norm, options_.spec.optimizer.clip_norm) / divisor, samples));
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

Result<std::optional<double>> TrainStep::Update(double learning_rate, double gradient_scale,
                                                std::int64_t samples) {
  TrainState& state = options_.state;
  const bool is_measured = state.steps_done() % kStepsBetweenMeasures == 0;
  const double clip_value = options_.spec.optimizer.clip_value;
  UpdateStep step =
      state.BeginUpdate(learning_rate, gradient_scale,
                        clip_value > 0 ? clip_value : std::numeric_limits<double>::infinity());
  step.mean_scale = 1 / static_cast<double>(samples);
  UpdateSlices(step, is_measured);
  const TraceSpan span(options_.trace, trace::kExchangeParameters);
  std::optional<double> ratio;
  if (is_measured) {
    DESCENT_ASSIGN(ratio, update_measure_.Ratio(options_.collective));
  }
  DESCENT_RETURN_IF_ERROR(state.FinishUpdate());
  return ratio;
}

// Of a step in which that is measured, how far the weights move is summed up on the way.
void TrainStep::UpdateSlices(const UpdateStep& step, bool is_measured) {
  const TraceSpan span(options_.trace, trace::kUpdate);
  TrainState& state = options_.state;
  options_.pool.ParallelFor(
      static_cast<std::int64_t>(update_chunks_.size()), [&](std::int64_t index, int thread) {
        const UpdateChunk& chunk = update_chunks_[static_cast<std::size_t>(index)];
        const auto first = static_cast<std::size_t>(chunk.elements.first);
        const auto size = static_cast<std::size_t>(chunk.elements.size());
        std::vector<float>& before = weights_before_[static_cast<std::size_t>(thread)];
        const bool is_chunk_measured =
            is_measured && chunk.elements.first < options_.plans.layout().statistics.first;
        if (is_chunk_measured) {
          const std::span<const float> weights = state.parameters().subspan(first, size);
          before.assign(weights.begin(), weights.end());
        }
        state.UpdateRange(step, chunk.elements, reducer_.sum());
        if (is_chunk_measured)
          update_measure_.Add(chunk.first_block, before,
                              state.written_parameters().subspan(first, size));
      });
}

}  // namespace descent
