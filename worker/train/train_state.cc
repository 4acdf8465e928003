#include "worker/train/train_state.h"

#include <algorithm>
#include <string>

#include "checkpoint/published_files.h"
#include "worker/checkpoint/checkpoint_reader.h"
#include "worker/checkpoint/state_digest.h"
#include "worker/collective/mapped_memory.h"

namespace descent {
namespace {

std::vector<RuledRange> RulesOf(const ParameterLayout& layout, const OptimizerSpec& spec) {
  std::vector<NamedRange> parameters;
  for (const ParameterSlot& slot : layout.slots)
    parameters.push_back({slot.name, {slot.offset, slot.offset + slot.size}, slot.momentum});
  return MakeUpdateRules(parameters, layout.element_count, spec);
}

// What is kept besides the weights: the moments, then the average if there is one.
std::vector<std::span<float>> KeptArenas(const StateArenas& set) {
  std::vector<std::span<float>> arenas = set.moments;
  if (!set.average.empty()) arenas.push_back(set.average);
  return arenas;
}

// The weights, then what is kept besides.
std::vector<std::span<float>> ArenasOf(const StateArenas& set) {
  std::vector<std::span<float>> arenas = KeptArenas(set);
  arenas.insert(arenas.begin(), set.weights);
  return arenas;
}

template <typename T>
std::span<T> SlotOf(std::span<T> arena, const ParameterSlot& slot) {
  return arena.subspan(static_cast<std::size_t>(slot.offset), static_cast<std::size_t>(slot.size));
}

// Those that have moments; statistics, which lie behind them, have none.
std::span<const ParameterSlot> LearnedSlots(const ParameterLayout& layout) {
  const std::span<const ParameterSlot> slots = layout.slots;
  const auto is_learned = [](const ParameterSlot& slot) { return !slot.momentum; };
  return slots.first(static_cast<std::size_t>(std::ranges::count_if(slots, is_learned)));
}

// The tensors of one arena, their names behind `prefix`.
template <typename Tensor, typename T>
void AppendTensors(std::span<const ParameterSlot> slots, const std::string& prefix,
                   std::span<T> arena, std::vector<Tensor>& tensors) {
  for (const ParameterSlot& slot : slots)
    tensors.push_back({prefix + slot.name, slot.shape, SlotOf(arena, slot)});
}

// Of the parameters in a checkpoint whose model is their average.
constexpr const char* kWeightsPrefix = "weights.";

}  // namespace

Result<TrainState> TrainState::Create(const Options& options) {
  TrainState state(options);
  DESCENT_RETURN_IF_ERROR(state.AllocateArenas(options.collective));
  return state;
}

TrainState::TrainState(const Options& options)
    : layout_(&options.layout),
      collective_(&options.collective),
      update_(options.collective.world_size() == 1 ? UpdateKind::kReplicated : options.update),
      arena_update_(MakeOptimizer(options.optimizer), RulesOf(options.layout, options.optimizer)),
      moment_names_(arena_update_.MomentNames()),
      ema_(options.ema),
      description_(OptimizerStateOf(options.optimizer, options.ema)),
      slices_(options.layout, options.collective.world_size()) {
  if (!is_sharded()) update_ranges_ = {{.first = 0, .last = layout_->element_count}};
  for (int bucket = 0; is_sharded() && bucket < slices_.bucket_count(); ++bucket)
    update_ranges_.push_back(slices_.SliceOf(bucket, options.collective.rank()));
}

Status TrainState::AllocateArenas(Collective& collective) {
  const std::int64_t size = layout_->element_count;
  for (StateArenas& set : std::span(sets_).first(is_sharded() ? 2 : 1)) {
    set.moments.resize(moment_names_.size());
    std::vector<std::span<float>*> arenas = {&set.weights};
    for (std::span<float>& moment : set.moments) arenas.push_back(&moment);
    if (ema_) arenas.push_back(&set.average);
    for (std::span<float>* arena : arenas) {
      if (is_sharded()) {
        DESCENT_ASSIGN(*arena, collective.Allocate(size, MemoryKind::kCommon));
      } else {
        *arena = own_memory_.emplace_back(size).span();
      }
    }
  }
  return Status();
}

Status TrainState::Start(std::span<const float> parameters) {
  const AlignedBuffer zeros(layout_->element_count);
  std::vector<std::span<const float>> arenas(ArenaCount(), zeros.span());
  arenas.front() = parameters;
  if (ema_) arenas.back() = parameters;
  return Replace(arenas, Progress());
}

Status TrainState::Load(const std::filesystem::path& checkpoint, std::string_view instruction_set) {
  DESCENT_ASSIGN(const Manifest found, ReadManifest(checkpoint));
  const std::string& written_with = found.description.instruction_set;
  if (written_with != instruction_set)
    return Status(Code::kFailedPrecondition,
                  checkpoint.string() + " was written with the instruction set " + written_with +
                      ", this worker uses " + std::string(instruction_set));
  if (found.description.optimizer != description_)
    return Status(Code::kFailedPrecondition,
                  checkpoint.string() + " was written by a job with the optimizer " +
                      found.description.optimizer + ", this one has " + description_);
  // Padding lies between the slots: it stays the zeros that it starts with.
  std::vector<AlignedBuffer> arenas;
  std::vector<std::span<const float>> views;
  for (std::size_t i = 0; i < ArenaCount(); ++i)
    views.push_back(arenas.emplace_back(layout_->element_count).span());
  std::vector<TensorTarget> parameter_targets;
  AppendTensors(layout_->slots, "", (ema_ ? arenas.back() : arenas.front()).span(),
                parameter_targets);
  std::vector<TensorTarget> optimizer_targets;
  for (std::size_t m = 0; m < moment_names_.size(); ++m)
    AppendTensors(LearnedSlots(*layout_), moment_names_[m] + ".", arenas[1 + m].span(),
                  optimizer_targets);
  if (ema_) AppendTensors(layout_->slots, kWeightsPrefix, arenas.front().span(), optimizer_targets);
  DESCENT_ASSIGN(const Manifest manifest,
                 LoadCheckpoint(checkpoint, parameter_targets, optimizer_targets));
  return Replace(views, {.steps_done = manifest.description.step,
                         .updates_done = manifest.description.optimizer_steps});
}

// Of memory that ranks share, each value is written by one of them. Whatever else reads the set
// that is replaced has been done with it for a step.
Status TrainState::Replace(std::span<const std::span<const float>> arenas, Progress progress) {
  const bool has_own_copy = is_sharded() && !collective_->shares_memory();
  const std::vector<IndexRange> everything = {{.first = 0, .last = layout_->element_count}};
  const std::vector<std::span<float>> targets = ArenasOf(next());
  for (const IndexRange& range : has_own_copy ? everything : update_ranges_)
    for (std::size_t i = 0; i < targets.size(); ++i)
      std::copy_n(arenas[i].begin() + range.first, range.size(), targets[i].begin() + range.first);
  if (!has_own_copy && is_sharded()) DESCENT_RETURN_IF_ERROR(GatherArenas(targets));
  if (is_sharded()) current_set_ = 1 - current_set_;
  steps_done_ = progress.steps_done;
  updates_done_ = progress.updates_done;
  has_all_moments_ = true;
  return Status();
}

std::span<const float> TrainState::evaluated_parameters() const {
  if (!ema_) return parameters();
  DESCENT_CHECK(has_all_moments_);
  return current().average;
}

UpdateStep TrainState::BeginUpdate(double learning_rate, double grad_scale, double grad_limit) {
  if (has_all_moments_) DropForeignMoments();
  const bool is_first = updates_done_ == 0;
  return {.number = updates_done_ + 1,
          .learning_rate = learning_rate,
          .grad_scale = grad_scale,
          .grad_limit = grad_limit,
          .average_rate = ema_ && !is_first ? 1 - ema_->decay : 1.0};
}

void TrainState::UpdateRange(const UpdateStep& step, IndexRange range,
                             std::span<const float> grads) {
  arena_update_.UpdateRange(step, range, grads, current(), next());
}

Status TrainState::FinishUpdate() {
  if (is_sharded()) {
    DESCENT_RETURN_IF_ERROR(GatherArenas(std::span(&next().weights, 1)));
    current_set_ = 1 - current_set_;
  }
  ++steps_done_;
  ++updates_done_;
  return Status();
}

void TrainState::SkipTo(std::int64_t steps_done) {
  DESCENT_CHECK(steps_done >= steps_done_);
  steps_done_ = steps_done;
}

Status TrainState::Gather() {
  if (has_all_moments_) return Status();
  DESCENT_RETURN_IF_ERROR(GatherArenas(KeptArenas(current())));
  has_all_moments_ = true;
  return Status();
}

Status TrainState::GatherArenas(std::span<const std::span<float>> arenas) {
  std::vector<std::span<float>> buckets;
  for (const std::span<float> arena : arenas)
    for (const IndexRange& bucket : layout_->buckets)
      buckets.push_back(arena.subspan(static_cast<std::size_t>(bucket.first),
                                      static_cast<std::size_t>(bucket.size())));
  return collective_->AllGatherSlices(buckets);
}

// Memory of its own that a rank does not need between checkpoints.
void TrainState::DropForeignMoments() {
  if (!is_sharded() || collective_->shares_memory()) return;
  for (int bucket = 0; bucket < slices_.bucket_count(); ++bucket)
    for (int rank = 0; rank < slices_.world_size(); ++rank) {
      if (rank == collective_->rank()) continue;
      const IndexRange slice = slices_.SliceOf(bucket, rank);
      for (const std::span<float> kept : KeptArenas(current()))
        ReleasePages(kept.subspan(static_cast<std::size_t>(slice.first),
                                  static_cast<std::size_t>(slice.size())));
    }
  has_all_moments_ = false;
}

std::vector<TensorView> TrainState::ParameterTensors() const {
  std::vector<TensorView> tensors;
  AppendTensors(layout_->slots, "", evaluated_parameters(), tensors);
  return tensors;
}

std::vector<TensorView> TrainState::OptimizerTensors() const {
  DESCENT_CHECK(has_all_moments_);
  std::vector<TensorView> tensors;
  for (std::size_t m = 0; m < moment_names_.size(); ++m)
    AppendTensors(LearnedSlots(*layout_), moment_names_[m] + ".",
                  std::span<const float>(current().moments[m]), tensors);
  if (ema_) AppendTensors(layout_->slots, kWeightsPrefix, parameters(), tensors);
  return tensors;
}

Digest TrainState::ComputeDigest() const {
  return StateDigest(ParameterTensors(), OptimizerTensors());
}

StateDigests TrainState::ComputeCommonDigests() const {
  std::vector<TensorView> weights;
  AppendTensors(layout_->slots, "", parameters(), weights);
  StateDigests digests{.parameters = StateDigest(weights, {}), .optimizer = {}};
  if (is_sharded()) return digests;
  std::vector<TensorView> kept;
  for (const std::span<const float> moment : current().moments)
    AppendTensors(LearnedSlots(*layout_), "", moment, kept);
  if (ema_) AppendTensors(layout_->slots, "", std::span<const float>(current().average), kept);
  digests.optimizer = StateDigest({}, kept);
  return digests;
}

// What this rank takes up between checkpoints; of memory that all ranks share, its part.
std::int64_t TrainState::memory_bytes() const {
  std::int64_t updated = 0;
  for (const IndexRange& range : update_ranges_) updated += range.size();
  const bool has_own_copy = is_sharded() && !collective_->shares_memory();
  const std::int64_t weights = has_own_copy ? layout_->element_count : updated;
  const std::int64_t sets = is_sharded() ? 2 : 1;
  const auto kept = static_cast<std::int64_t>(ArenaCount() - 1);
  return sets * (weights + kept * updated) * static_cast<std::int64_t>(sizeof(float));
}

}  // namespace descent
