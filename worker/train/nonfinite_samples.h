#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "common/status.h"
#include "worker/collective/collective.h"

namespace descent {

// The samples of one step whose own loss is not finite, by their positions in the global batch.
// Every rank knows its own until all have exchanged them. One thread.
class NonfiniteSamples {
 public:
  static constexpr std::size_t kNamedMax = 8;

  void Clear() { mine_ = {}; }
  // Of this rank, ascending.
  void Add(std::int64_t position);

  // Every rank calls it. kAborted: a peer is gone.
  Status Exchange(Collective& collective);

  // Of all ranks, equal on each and for every number of ranks.
  std::int64_t count() const { return count_; }
  const std::vector<std::int64_t>& first_positions() const { return first_positions_; }

 private:
  struct Record {
    std::int64_t count = 0;
    std::array<std::int64_t, kNamedMax> positions = {};  // the first of them
  };

  Record mine_;
  std::int64_t count_ = 0;
  std::vector<std::int64_t> first_positions_;  // at most kNamedMax
};

}  // namespace descent
