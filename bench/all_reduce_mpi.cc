// Times the all-reduces that keep the tree beside what a machine allows, in one run:
//   mpirun -n 2 all_reduce_mpi [largest size in MiB, 512 by default, below 8192] [smallest, 0]
// Columns, in microseconds:
//   mpi      the collective over messages
//   fastest  that of `reduction: fastest`
//   MPI      MPI_Allreduce, as it comes
// and where all ranks share a host:
//   shared   the collective over shared memory: each rank's values in memory of the collective, the
//            sum in the place of rank 0's
//   limit    a shared window of MPI, in which each rank adds its slice of all ranks' values in
//            place, with streaming stores where they are faster, between two barriers that only
//            spin
// Before each reduction every rank writes its values anew, as a backward pass does, so that all
// begin with the same in their caches. A size's columns are interleaved, so that whatever disturbs
// the machine disturbs all. A repetition's time is the slowest rank's; printed is the median over
// repetitions.

#include <mpi.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "worker/collective/add_elements.h"
#include "worker/collective/form_collective.h"
#include "worker/collective/slice.h"

namespace descent {
namespace {

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "error: %s\n", what);
  MPI_Abort(MPI_COMM_WORLD, 1);
}

// Of one reduction of values that have just been written.
double SecondsOfSlowestRank(std::span<float> values, const std::function<void()>& function) {
  std::ranges::fill(values, 1.0f);
  MPI_Barrier(MPI_COMM_WORLD);
  const double start = MPI_Wtime();
  function();
  double seconds = MPI_Wtime() - start;
  MPI_Allreduce(MPI_IN_PLACE, &seconds, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return seconds;
}

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// The limit: no generality, no waiting but spinning, nothing but the additions.
class SharedWindow {
 public:
  SharedWindow(std::size_t size_max, int world_size, int rank)
      : world_size_(world_size), rank_(rank) {
    const auto bytes = static_cast<MPI_Aint>(kHeadBytes + size_max * sizeof(float));
    void* mine = nullptr;
    MPI_Win_allocate_shared(bytes, 1, MPI_INFO_NULL, MPI_COMM_WORLD, &mine, &window_);
    for (int peer = 0; peer < world_size; ++peer) {
      MPI_Aint peer_bytes = 0;
      int unit = 0;
      void* start = nullptr;
      MPI_Win_shared_query(window_, peer, &peer_bytes, &unit, &start);
      arrivals_.push_back(static_cast<std::atomic<unsigned>*>(start));
      values_.push_back(reinterpret_cast<float*>(static_cast<std::byte*>(start) + kHeadBytes));
    }
    arrivals_[static_cast<std::size_t>(rank)]->store(0);
    std::ranges::fill(Mine(size_max), 0.0f);
    MPI_Barrier(MPI_COMM_WORLD);
  }
  ~SharedWindow() { MPI_Win_free(&window_); }
  SharedWindow(const SharedWindow&) = delete;
  SharedWindow& operator=(const SharedWindow&) = delete;

  std::span<float> Mine(std::size_t size) const {
    return {values_[static_cast<std::size_t>(rank_)], size};
  }

  void Reduce(std::size_t size, StoreKind store) {
    Meet();
    const IndexRange slice = SliceOf(static_cast<std::int64_t>(size), world_size_, rank_);
    const auto part_of = [&](int peer) {
      return std::span(values_[static_cast<std::size_t>(peer)] + slice.first,
                       static_cast<std::size_t>(slice.size()));
    };
    for (int peer = 1; peer < world_size_; ++peer)
      AddElements(part_of(0), part_of(peer), part_of(0), store);
    Meet();
  }

 private:
  static constexpr std::size_t kHeadBytes = 4096;

  void Meet() {
    ++meetings_;
    arrivals_[static_cast<std::size_t>(rank_)]->store(meetings_);
    for (const std::atomic<unsigned>* arrivals : arrivals_)
      while (static_cast<int>(arrivals->load(std::memory_order_acquire) - meetings_) < 0) continue;
  }

  const int world_size_;
  const int rank_;
  unsigned meetings_ = 0;
  MPI_Win window_ = MPI_WIN_NULL;
  std::vector<std::atomic<unsigned>*> arrivals_;
  std::vector<float*> values_;
};

// One collective and the memory that it reduces in.
class Reduction {
 public:
  Reduction(CollectiveKind kind, ReductionKind reduction, int tag, std::size_t size_max) {
    int world_size = 0;
    MPI_Comm_size(MPI_COMM_WORLD, &world_size);
    std::vector<int> ranks(static_cast<std::size_t>(world_size));
    std::iota(ranks.begin(), ranks.end(), 0);
    auto formed = FormCollective(kind, reduction, ranks, tag);
    Require(formed.ok(), formed.status().message().c_str());
    collective_ = std::move(formed).value();
    const auto count = static_cast<std::int64_t>(size_max);
    values_ = collective_->Allocate(count, MemoryKind::kPerRank).value();
    std::ranges::fill(values_, 0.0f);
    const unsigned leaf_count = std::bit_ceil(static_cast<unsigned>(world_size));
    tree_ = std::make_unique<CanonicalTree>(std::vector<bool>(leaf_count, true), world_size);
  }

  std::span<float> Mine(std::size_t size) const { return values_.first(size); }

  void Run(std::size_t size) {
    const std::vector<const float*> partial_sums(tree_->PartialSumsOf(collective_->rank()).size(),
                                                 values_.data());
    Require(Reduce(partial_sums, size).ok(), "a peer is gone");
  }

 private:
  // As the training loop does it.
  Status Reduce(std::span<const float* const> partial_sums, std::size_t size) {
    if (!collective_->shares_memory())
      return collective_->AllReduce(*tree_, partial_sums, SumTarget::To(values_.first(size)));
    const std::span<float> sum = collective_->MemoryOf(0, values_);
    DESCENT_RETURN_IF_ERROR(collective_->ReduceScatter(
        *tree_, partial_sums,
        {.bucket_size = static_cast<std::int64_t>(size), .bucket = sum.data()}));
    return collective_->Barrier();
  }

  std::unique_ptr<Collective> collective_;
  std::unique_ptr<CanonicalTree> tree_;
  std::span<float> values_;
};

bool IsOneHost(int world_size) {
  MPI_Comm host = MPI_COMM_NULL;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &host);
  int host_size = 0;
  MPI_Comm_size(host, &host_size);
  MPI_Comm_free(&host);
  return host_size == world_size;
}

class Comparison {
 public:
  Comparison(std::size_t size_max, int world_size, int rank)
      : over_messages_(CollectiveKind::kMpi, ReductionKind::kReproducible, 1, size_max),
        fastest_(CollectiveKind::kMpi, ReductionKind::kFastest, 2, size_max),
        values_(size_max, 0.0f) {
    if (!IsOneHost(world_size)) return;
    over_shared_memory_.emplace(CollectiveKind::kSharedMemory, ReductionKind::kReproducible, 3,
                                size_max);
    window_.emplace(size_max, world_size, rank);
  }

  std::vector<std::string> ColumnNames() const {
    std::vector<std::string> names = {"mpi", "fastest", "MPI"};
    if (window_) names.insert(names.end(), {"shared", "limit"});
    return names;
  }

  // Of each column.
  std::vector<double> MedianSeconds(std::size_t size) {
    struct Column {
      std::span<float> values;
      std::function<void()> reduce;
    };
    const std::span<float> plain = std::span(values_).first(size);
    std::vector<Column> columns = {{over_messages_.Mine(size), [&] { over_messages_.Run(size); }},
                                   {fastest_.Mine(size), [&] { fastest_.Run(size); }},
                                   {plain, [&] {
                                      MPI_Allreduce(MPI_IN_PLACE, plain.data(),
                                                    static_cast<int>(size), MPI_FLOAT, MPI_SUM,
                                                    MPI_COMM_WORLD);
                                    }}};
    if (window_) {
      columns.push_back({over_shared_memory_->Mine(size), [&] { over_shared_memory_->Run(size); }});
      columns.push_back({window_->Mine(size),
                         [this, size, store = BestStore(size)] { window_->Reduce(size, store); }});
    }
    std::vector<double> medians;
    std::vector<std::vector<double>> seconds(columns.size());
    for (int i = 0; i < RepetitionsOf(size); ++i)
      for (std::size_t column = 0; column < columns.size(); ++column)
        seconds[column].push_back(
            SecondsOfSlowestRank(columns[column].values, columns[column].reduce));
    for (const std::vector<double>& of_column : seconds) medians.push_back(Median(of_column));
    return medians;
  }

 private:
  static int RepetitionsOf(std::size_t size) { return size < (1 << 20) ? 101 : 11; }

  StoreKind BestStore(std::size_t size) {
    return SecondsOfWindow(size, StoreKind::kStreaming) < SecondsOfWindow(size, StoreKind::kCached)
               ? StoreKind::kStreaming
               : StoreKind::kCached;
  }

  double SecondsOfWindow(std::size_t size, StoreKind store) {
    std::vector<double> seconds;
    for (int i = 0; i < 5; ++i)
      seconds.push_back(
          SecondsOfSlowestRank(window_->Mine(size), [&] { window_->Reduce(size, store); }));
    return Median(seconds);
  }

  Reduction over_messages_;
  Reduction fastest_;
  std::optional<Reduction> over_shared_memory_;
  std::optional<SharedWindow> window_;
  std::vector<float> values_;
};

void Run(std::size_t bytes_min, std::size_t bytes_max) {
  int world_size = 0;
  int rank = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &world_size);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  Require(bytes_max / sizeof(float) <= INT_MAX,
          "the size must be below 8192 MiB: a count of MPI_Allreduce is an int");
  Comparison comparison(bytes_max / sizeof(float), world_size, rank);
  if (rank == 0) {
    std::printf("%d ranks\n%10s", world_size, "KiB");
    for (const std::string& name : comparison.ColumnNames()) std::printf(" %11s", name.c_str());
    std::printf("\n");
  }
  for (std::size_t bytes = 1 << 10; bytes <= bytes_max; bytes *= bytes < (1 << 20) ? 4 : 8) {
    if (bytes < bytes_min) continue;
    const std::vector<double> seconds = comparison.MedianSeconds(bytes / sizeof(float));
    if (rank != 0) continue;
    std::printf("%10zu", bytes >> 10);
    for (const double of_column : seconds) std::printf(" %11.1f", of_column * 1e6);
    std::printf("\n");
    std::fflush(stdout);
  }
}

std::size_t MebibytesIn(const char* argument) {
  return static_cast<std::size_t>(std::max(0, std::atoi(argument))) << 20;
}

}  // namespace
}  // namespace descent

int main(int argc, char** argv) {
  int thread_level = MPI_THREAD_SINGLE;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &thread_level);
  descent::Run(argc > 2 ? descent::MebibytesIn(argv[2]) : 0,
               descent::MebibytesIn(argc > 1 ? argv[1] : "512"));
  MPI_Finalize();
  return 0;
}
