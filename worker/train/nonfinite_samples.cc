#include "worker/train/nonfinite_samples.h"

#include <algorithm>
#include <span>

namespace descent {

void NonfiniteSamples::Add(std::int64_t position) {
  const auto place = static_cast<std::size_t>(mine_.count++);
  if (place < kNamedMax) mine_.positions[place] = position;
}

// Ranks have ascending positions, so the first of all are the first of the first ranks that have
// any.
Status NonfiniteSamples::Exchange(Collective& collective) {
  std::vector<Record> records(static_cast<std::size_t>(collective.world_size()));
  DESCENT_RETURN_IF_ERROR(collective.AllGather(std::as_bytes(std::span(&mine_, 1)),
                                               std::as_writable_bytes(std::span(records))));
  count_ = 0;
  first_positions_.clear();
  for (const Record& record : records) {
    count_ += record.count;
    const std::size_t known = std::min(static_cast<std::size_t>(record.count), kNamedMax);
    for (const std::int64_t position : std::span(record.positions).first(known))
      if (first_positions_.size() < kNamedMax) first_positions_.push_back(position);
  }
  return Status();
}

}  // namespace descent
