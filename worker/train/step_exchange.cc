#include "worker/train/step_exchange.h"

#include <algorithm>

#include "common/check.h"
#include "worker/optim/clip.h"

namespace descent {
namespace {

// Places in a rank's record.
constexpr std::size_t kStop = 0;
constexpr std::size_t kCheckpoint = 1;
constexpr std::size_t kFirstLoss = 2;

// What the place of the stop holds; 0: none.
constexpr double kStopGracefully = 1;
constexpr double kStopAndEvaluate = 2;

}  // namespace

StepExchange::StepExchange(std::int64_t logical_workers, const SliceMap& slices, int rank)
    : logical_workers_(logical_workers),
      slices_(slices),
      rank_(rank),
      mine_(FirstBlock() + static_cast<std::size_t>(slices.BlockCountMax())),
      everyones_(mine_.size() * static_cast<std::size_t>(slices.world_size())) {}

void StepExchange::BeginStep(const StepRequests& mine) {
  std::fill(mine_.begin(), mine_.begin() + static_cast<std::ptrdiff_t>(FirstBlock()), 0.0);
  if (mine.stop) mine_[kStop] = mine.evaluate_test ? kStopAndEvaluate : kStopGracefully;
  mine_[kCheckpoint] = static_cast<double>(mine.checkpoint);
}

void StepExchange::SetLoss(std::int64_t logical_worker, double loss, std::int64_t counted_answers) {
  mine_[kFirstLoss + PlaceOf(logical_worker)] = loss;
  mine_[kFirstLoss + 2 * LogicalWorkersMax() + PlaceOf(logical_worker)] =
      static_cast<double>(counted_answers);
}

void StepExchange::SetGradientSquares(std::int64_t logical_worker, double square_sum) {
  mine_[kFirstLoss + LogicalWorkersMax() + PlaceOf(logical_worker)] = square_sum;
}

std::span<double> StepExchange::square_sums() {
  return std::span(mine_).subspan(FirstBlock(),
                                  static_cast<std::size_t>(slices_.BlockCountOf(rank_)));
}

Status StepExchange::Exchange(Collective& collective) {
  return collective.AllGather(std::as_bytes(std::span(mine_)),
                              std::as_writable_bytes(std::span(everyones_)));
}

double StepExchange::loss_sum() const {
  double sum = 0;
  for (int rank = 0; rank < slices_.world_size(); ++rank) {
    const std::span<const double> record = RecordOf(rank);
    const std::int64_t count =
        LogicalWorkersOf(logical_workers_, slices_.world_size(), rank).size();
    for (const double loss : record.subspan(kFirstLoss, static_cast<std::size_t>(count)))
      sum += loss;
  }
  return sum;
}

std::int64_t StepExchange::counted_answers() const {
  std::int64_t sum = 0;
  for (std::int64_t worker = 0; worker < logical_workers_; ++worker)
    sum += counted_answers_of(worker);
  return sum;
}

double StepExchange::loss_of(std::int64_t logical_worker) const {
  return ValueOf(logical_worker, kFirstLoss);
}

double StepExchange::gradient_squares_of(std::int64_t logical_worker) const {
  return ValueOf(logical_worker, kFirstLoss + LogicalWorkersMax());
}

std::int64_t StepExchange::counted_answers_of(std::int64_t logical_worker) const {
  return static_cast<std::int64_t>(ValueOf(logical_worker, kFirstLoss + 2 * LogicalWorkersMax()));
}

double StepExchange::ValueOf(std::int64_t logical_worker, std::size_t first) const {
  int rank = 0;
  IndexRange range = LogicalWorkersOf(logical_workers_, slices_.world_size(), rank);
  while (logical_worker >= range.last)
    range = LogicalWorkersOf(logical_workers_, slices_.world_size(), ++rank);
  return RecordOf(rank)[first + static_cast<std::size_t>(logical_worker - range.first)];
}

double StepExchange::gradient_norm() const {
  std::vector<double> sums;
  for (int bucket = 0; bucket < slices_.bucket_count(); ++bucket)
    for (int rank = 0; rank < slices_.world_size(); ++rank) {
      const IndexRange blocks = slices_.BlocksOf(bucket, rank);
      const std::span<const double> found =
          RecordOf(rank).subspan(FirstBlock() + static_cast<std::size_t>(blocks.first),
                                 static_cast<std::size_t>(blocks.size()));
      sums.insert(sums.end(), found.begin(), found.end());
    }
  return NormOfBlocks(sums);
}

StepRequests StepExchange::requests() const {
  StepRequests all;
  for (int rank = 0; rank < slices_.world_size(); ++rank) {
    const std::span<const double> record = RecordOf(rank);
    all.stop |= record[kStop] >= kStopGracefully;
    all.evaluate_test |= record[kStop] >= kStopAndEvaluate;
    all.checkpoint = std::max(all.checkpoint, static_cast<std::int64_t>(record[kCheckpoint]));
  }
  return all;
}

std::size_t StepExchange::LogicalWorkersMax() const {
  const std::int64_t world_size = slices_.world_size();
  return static_cast<std::size_t>((logical_workers_ + world_size - 1) / world_size);
}

std::size_t StepExchange::FirstBlock() const { return kFirstLoss + 3 * LogicalWorkersMax(); }

std::size_t StepExchange::PlaceOf(std::int64_t logical_worker) const {
  const IndexRange range = LogicalWorkersOf(logical_workers_, slices_.world_size(), rank_);
  DESCENT_CHECK(range.first <= logical_worker && logical_worker < range.last);
  return static_cast<std::size_t>(logical_worker - range.first);
}

std::span<const double> StepExchange::RecordOf(int rank) const {
  return std::span(everyones_).subspan(static_cast<std::size_t>(rank) * RecordSize(), RecordSize());
}

}  // namespace descent
