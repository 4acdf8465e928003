#pragma once

#include <span>

#include "worker/collective/exchange.h"

namespace descent {

// An Exchange that adds as well, in an order of its own, which may differ for another number of
// ranks. All ranks get the same bits, except of what is not a number. Spans are of any size, the
// same on every rank; every rank calls it. Errors as of Transfer.
class SummingExchange : public Exchange {
 public:
  // sum = all ranks' values, element by element. `sum` may be `values` itself.
  virtual Status AllReduce(std::span<const float> values, std::span<float> sum) = 0;

  // The same of this rank's slice of the values alone (slice.h), which is apart from them.
  virtual Status ReduceScatter(std::span<const float> values, std::span<float> slice_sum) = 0;
};

}  // namespace descent
