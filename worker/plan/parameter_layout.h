#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/shard_planner.h"

namespace descent {

// Where one parameter lies in the flat arenas; the same offsets in the arenas of parameters, of
// gradients and of each optimizer moment.
struct ParameterSlot {
  std::string name;                  // "layers.0.weight"
  std::vector<std::int64_t> shape;
  std::int64_t offset = 0;           // in elements, a multiple of 16 (64 bytes)
  std::int64_t size = 0;             // in elements, without padding
};

// All parameters in bucket order: the reverse of the forward pass, so the gradients of the first
// bucket are ready first. Padding between slots is zero in every arena and stays zero.
struct ParameterLayout {
  std::vector<ParameterSlot> slots;  // by offset
  std::vector<IndexRange> buckets;   // tile [0, element_count), each one all-reduce
  std::int64_t element_count = 0;    // with padding
};

}  // namespace descent
