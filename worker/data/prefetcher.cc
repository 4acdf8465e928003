#include "worker/data/prefetcher.h"

#include <utility>

#include "common/check.h"
#include "common/limits.h"
#include "common/sample_record.h"

namespace descent {
namespace {

constexpr TraceLabel kPrepareBatch = {"batch", "prepare a batch"};

}  // namespace

// One slot more than is prepared ahead: the consumer holds one.
Prefetcher::Prefetcher(const Dataset& dataset, const BatchSequence& sequence,
                       std::optional<ImageAugmenter> augmenter, TraceTrack* trace)
    : dataset_(dataset),
      planner_(sequence.plan),
      trace_(trace),
      to_hand_out_(sequence),
      to_prepare_(sequence),
      samples_(static_cast<std::size_t>(to_prepare_.LargestBatch())),
      augmenter_(std::move(augmenter)),
      slots_(limits::kPrefetchBatches + 1,
             {.buffer = SampleBuffer(dataset.format(), to_prepare_.LargestBatch()), .batch = {}}) {
  DESCENT_CHECK(sequence.plan.sample_count == dataset.sample_count());
  thread_ = std::thread([this] { Run(); });
}

Prefetcher::~Prefetcher() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

const Batch* Prefetcher::NextOfStep(std::int64_t step) {
  const auto& place = to_hand_out_.place();
  {
    std::unique_lock lock(mutex_);
    released_count_ = handed_out_count_;
    // Woken once for several batches: the thread may share a core with those that compute.
    if (2 * (prepared_count_ - released_count_) <= slots_.size()) changed_.notify_all();
    if (!place || place->step > step) return nullptr;
    DESCENT_CHECK(place->step == step);
    changed_.wait(lock, [&] { return prepared_count_ > handed_out_count_; });
  }
  const Slot& slot = slots_[handed_out_count_ % slots_.size()];
  DESCENT_CHECK(slot.batch.place == *place);
  ++handed_out_count_;
  to_hand_out_.Advance();
  return &slot.batch;
}

void Prefetcher::Run() {
  for (std::size_t index = 0; to_prepare_.place(); ++index, to_prepare_.Advance()) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return is_stopping_ || index - released_count_ < slots_.size(); });
      if (is_stopping_) return;
    }
    Fill(slots_[index % slots_.size()], *to_prepare_.place());
    {
      const std::lock_guard lock(mutex_);
      prepared_count_ = index + 1;
    }
    changed_.notify_all();
  }
}

void Prefetcher::Fill(Slot& slot, const BatchPlace& place) {
  const TraceSpan span(trace_, kPrepareBatch, place.step);
  const auto samples = std::span(samples_).first(static_cast<std::size_t>(place.positions.size()));
  planner_.CopySamplesAt(place.step, place.positions, samples);
  DESCENT_RECORD_SAMPLES(place.step, samples);
  slot.buffer.Fill(dataset_, samples);
  if (augmenter_) augmenter_->Apply(place.step, place.positions.first, slot.buffer.features());
  slot.batch = {.place = place,
                .features = slot.buffer.features(),
                .tokens = slot.buffer.tokens(),
                .labels = slot.buffer.labels(),
                .targets = slot.buffer.targets()};
}

}  // namespace descent
