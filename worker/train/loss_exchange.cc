#include "worker/train/loss_exchange.h"

#include <algorithm>
#include <span>

#include "common/check.h"

namespace descent {

LossExchange::LossExchange(std::int64_t logical_workers, int world_size, int rank)
    : logical_workers_(logical_workers),
      world_size_(world_size),
      range_(LogicalWorkersOf(logical_workers, world_size, rank)),
      mine_(static_cast<std::size_t>(1 + (logical_workers + world_size - 1) / world_size)),
      everyones_(mine_.size() * static_cast<std::size_t>(world_size)) {}

void LossExchange::BeginStep(bool is_stop_requested) {
  std::fill(mine_.begin(), mine_.end(), 0.0);
  mine_[0] = is_stop_requested ? 1.0 : 0.0;
}

void LossExchange::SetLoss(std::int64_t logical_worker, double loss) {
  DESCENT_CHECK(range_.first <= logical_worker && logical_worker < range_.last);
  mine_[static_cast<std::size_t>(1 + logical_worker - range_.first)] = loss;
}

Status LossExchange::Exchange(Collective& collective) {
  return collective.AllGather(std::as_bytes(std::span(mine_)),
                              std::as_writable_bytes(std::span(everyones_)));
}

double LossExchange::loss_sum() const {
  double sum = 0;
  for (int rank = 0; rank < world_size_; ++rank) {
    const std::size_t record = static_cast<std::size_t>(rank) * RecordSize();
    const std::int64_t count = LogicalWorkersOf(logical_workers_, world_size_, rank).size();
    for (std::int64_t i = 0; i < count; ++i)
      sum += everyones_[record + 1 + static_cast<std::size_t>(i)];
  }
  return sum;
}

bool LossExchange::is_stop_requested_anywhere() const {
  for (std::size_t record = 0; record < everyones_.size(); record += RecordSize())
    if (everyones_[record] != 0) return true;
  return false;
}

}  // namespace descent
