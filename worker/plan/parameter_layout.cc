#include "worker/plan/parameter_layout.h"

#include <algorithm>
#include <array>

#include "common/check.h"
#include "common/limits.h"
#include "common/random.h"

namespace descent {
namespace {

constexpr std::int64_t kSlotMultiple = 16;  // 64 bytes: a cache line and the widest vector
constexpr auto kBucketMax = static_cast<std::int64_t>(limits::kBucketElementsMax);
constexpr auto kBucketTarget = static_cast<std::int64_t>(limits::kBucketElementsTarget);

std::int64_t WithPadding(std::int64_t size) {
  return (size + kSlotMultiple - 1) / kSlotMultiple * kSlotMultiple;
}

std::vector<ValueId> ByFirstUse(const Graph& model, ValueRole role) {
  std::vector<ValueId> ordered;
  for (const Node& node : model.nodes()) {
    for (const ValueId id : node.inputs) {
      const bool is_new = std::ranges::find(ordered, id) == ordered.end();
      if (model.value(id).role == role && is_new) ordered.push_back(id);
    }
  }
  return ordered;
}

// Appends those of slots that lie side by side.
void AppendBuckets(std::span<const ParameterSlot> slots, std::int64_t target,
                   std::vector<IndexRange>& buckets) {
  if (slots.empty()) return;
  IndexRange open = {slots.front().offset, slots.front().offset};
  const auto close = [&] {
    if (open.size() > 0) buckets.push_back(open);
    open.first = open.last;
  };
  for (const ParameterSlot& slot : slots) {
    if (slot.size >= target) close();
    open.last = slot.offset + WithPadding(slot.size);
    for (; open.size() > kBucketMax; open.first += kBucketMax) {
      buckets.push_back({open.first, open.first + kBucketMax});
    }
    if (open.size() >= target || slot.size >= target) close();
  }
  close();
}

// The value that a random word becomes.
float Draw(const Initialization& initialization, std::uint32_t word) {
  const auto scale = static_cast<float>(initialization.scale);
  switch (initialization.kind) {
    case Initialization::Kind::kUniform:
      return scale * (2 * ToUniformFloat(word) - 1);
    case Initialization::Kind::kNormal:
      return static_cast<float>(initialization.scale * ToNormal(word));
    case Initialization::Kind::kConstant:
      return scale;
  }
  return scale;
}

void Initialize(const Initialization& initialization, const PhiloxKey& key, std::uint32_t place,
                std::span<float> values) {
  std::array<std::uint32_t, 4> words = {};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i % 4 == 0) {
      const std::uint64_t block = i / 4;
      words = Philox4x32(
          {static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), place, 0},
          key);
    }
    values[i] = Draw(initialization, words[i % 4]);
  }
}

bool Overlap(const ParameterSlot& slot, const IndexRange& bucket) {
  return slot.offset < bucket.last && bucket.first < slot.offset + slot.size;
}

std::optional<double> MomentumOf(const Graph& model, ValueId id) {
  const auto found = std::ranges::find(model.statistics(), id, &RunningStatistic::value);
  return found == model.statistics().end() ? std::nullopt : std::optional(found->momentum);
}

// Appends slots for the values, from the last to the first.
void AppendSlots(const Graph& model, const std::vector<ValueId>& ids, ParameterLayout& layout) {
  for (std::size_t i = ids.size(); i-- > 0;) {
    const Value& value = model.value(ids[i]);
    const std::int64_t size = ElementCount(value.type.shape);
    layout.slots.push_back(
        {value.name, value.type.shape, layout.element_count, size, MomentumOf(model, ids[i])});
    layout.element_count += WithPadding(size);
  }
}

}  // namespace

ParameterLayout MakeParameterLayout(const Graph& model) {
  ParameterLayout layout;
  AppendSlots(model, ByFirstUse(model, ValueRole::kParameter), layout);
  layout.statistics.first = layout.element_count;
  AppendSlots(model, ByFirstUse(model, ValueRole::kStatistic), layout);
  layout.statistics.last = layout.element_count;
  layout.buckets = BucketsOf(layout, kBucketTarget);
  return layout;
}

std::vector<IndexRange> BucketsOf(const ParameterLayout& layout, std::int64_t target) {
  DESCENT_CHECK(0 < target && target <= kBucketMax);
  const auto first_statistic =
      std::ranges::lower_bound(layout.slots, layout.statistics.first, {}, &ParameterSlot::offset);
  std::vector<IndexRange> buckets;
  AppendBuckets({layout.slots.begin(), first_statistic}, target, buckets);
  AppendBuckets({first_statistic, layout.slots.end()}, target, buckets);
  return buckets;
}

std::vector<int> ReadinessOf(std::span<const IndexRange> buckets, const ParameterLayout& layout,
                             std::span<const int> writers) {
  std::vector<int> ready_after;
  int latest = 0;
  for (const IndexRange& bucket : buckets) {
    for (std::size_t i = 0; i < layout.slots.size(); ++i) {
      if (Overlap(layout.slots[i], bucket)) latest = std::max(latest, writers[i]);
    }
    ready_after.push_back(latest);
  }
  return ready_after;
}

const ParameterSlot* FindSlot(const ParameterLayout& layout, std::string_view name) {
  const auto found = std::ranges::find(layout.slots, name, &ParameterSlot::name);
  return found == layout.slots.end() ? nullptr : &*found;
}

void InitializeParameters(const Graph& model, const ParameterLayout& layout, std::uint64_t seed,
                          std::span<float> parameters) {
  DESCENT_CHECK(parameters.size() == static_cast<std::size_t>(layout.element_count));
  std::ranges::fill(parameters, 0.0f);
  const PhiloxKey key = MakePhiloxKey(seed, RandomPurpose::kInit);
  std::vector<ValueId> ids = ByFirstUse(model, ValueRole::kParameter);
  for (const ValueId id : ByFirstUse(model, ValueRole::kStatistic)) ids.push_back(id);
  std::uint32_t place = 0;
  for (const ValueId id : ids) {
    const ParameterSlot* slot = FindSlot(layout, model.value(id).name);
    DESCENT_CHECK(slot != nullptr);
    const std::span<float> values = parameters.subspan(static_cast<std::size_t>(slot->offset),
                                                       static_cast<std::size_t>(slot->size));
    Initialize(model.value(id).initialization, key, place, values);
    ++place;
  }
}

}  // namespace descent
