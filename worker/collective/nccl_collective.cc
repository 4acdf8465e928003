#include "worker/collective/nccl_collective.h"

#include <cuda_runtime.h>
#include <nccl.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/check.h"
#include "worker/collective/ordered_sum_kernel.h"
#include "worker/collective/slice.h"

namespace descent {
namespace {

constexpr std::chrono::microseconds kPollInterval{20};

static_assert(sizeof(NcclGroupId::bytes) == sizeof(ncclUniqueId));

Status CudaStatus(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return Status();
  const Code code =
      error == cudaErrorMemoryAllocation ? Code::kResourceExhausted : Code::kUnavailable;
  return Status(code, std::string(what) + ": " + cudaGetErrorString(error));
}

Status NcclStatus(ncclResult_t result, const char* what) {
  // In progress: the communicator does not block, and is polled where a result is needed.
  if (result == ncclSuccess || result == ncclInProgress) return Status();
  return Status(Code::kAborted, std::string(what) + ": " + ncclGetErrorString(result));
}

// A growing array of device memory.
template <typename T>
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  ~DeviceBuffer() { cudaFree(values_); }
  DeviceBuffer(DeviceBuffer&& other) noexcept
      : values_(std::exchange(other.values_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  DeviceBuffer& operator=(DeviceBuffer&&) = delete;

  // What it held before is lost if it has to grow.
  Status GrowTo(std::size_t size) {
    if (size <= size_) return Status();
    cudaFree(std::exchange(values_, nullptr));
    size_ = 0;
    DESCENT_RETURN_IF_ERROR(CudaStatus(
        cudaMalloc(reinterpret_cast<void**>(&values_), size * sizeof(T)), "no room on the GPU"));
    size_ = size;
    return Status();
  }
  T* data() { return values_; }

 private:
  T* values_ = nullptr;
  std::size_t size_ = 0;
};

bool IsOnDevice(const void* place) {
  cudaPointerAttributes attributes{};
  if (cudaPointerGetAttributes(&attributes, place) != cudaSuccess) return false;
  return attributes.type == cudaMemoryTypeDevice || attributes.type == cudaMemoryTypeManaged;
}

class NcclCollective final : public Collective {
 public:
  NcclCollective(ncclComm_t comm, cudaStream_t stream, int world_size, int rank)
      : comm_(comm), stream_(stream), rank_(rank), world_size_(world_size) {}
  // An abort does not wait for peers, which a rank that leaves must not do.
  ~NcclCollective() override {
    AbortCommunicator();
    cudaStreamSynchronize(stream_);
    cudaStreamDestroy(stream_);
  }
  NcclCollective(const NcclCollective&) = delete;
  NcclCollective& operator=(const NcclCollective&) = delete;

  int rank() const override { return rank_; }
  int world_size() const override { return world_size_; }
  bool shares_memory() const override { return false; }

  Result<std::span<float>> Allocate(std::int64_t element_count, MemoryKind kind) override;
  std::span<float> MemoryOf(int peer, std::span<float> mine) const override;
  Status AllGather(std::span<const std::byte> mine, std::span<std::byte> all) override;
  Status ReduceScatter(const CanonicalTree& tree, std::span<const float* const> partial_sums,
                       const SumTarget& target) override;
  Status AllGatherSlices(std::span<const std::span<float>> buckets) override;
  void Abort() override { is_aborted_ = true; }

  // Until what was started is through: NCCL's part, then the stream.
  Status Finish();

 private:
  static Status Aborted() { return Status(Code::kAborted, "the group of ranks was aborted"); }

  void AbortCommunicator() {
    if (comm_ != nullptr) ncclCommAbort(std::exchange(comm_, nullptr));
  }
  Status CheckAlive() {
    if (is_aborted_) AbortCommunicator();
    return comm_ == nullptr ? Aborted() : Status();
  }
  Status WaitForCommunicator();
  Status Copy(void* to, const void* from, std::size_t byte_count);
  Status BringToDevice(std::span<const float* const> partial_sums, std::size_t size);
  Status ExchangePartialSums(const CanonicalTree& tree, std::size_t size);
  Status AddInOrder(const CanonicalTree& tree, float* sum, std::int64_t count);
  Status GatherOnDevice(std::span<float> bucket);

  ncclComm_t comm_;
  const cudaStream_t stream_;
  const int rank_;
  const int world_size_;
  std::atomic<bool> is_aborted_ = false;
  std::vector<DeviceBuffer<float>> allocations_;
  DeviceBuffer<std::byte> bytes_;           // of AllGather
  DeviceBuffer<float> host_partial_sums_;   // those that the caller has on the host
  DeviceBuffer<float> staging_;             // the peers' partial sums of this rank's slice
  DeviceBuffer<float> slice_sum_;           // on its way to the host
  DeviceBuffer<float> bucket_;              // the same of a whole bucket
  DeviceBuffer<const float*> slot_table_;   // slots_, on the device
  DeviceBuffer<DeviceAddition> additions_;  // of the tree, on the device
  std::vector<float> heard_;                // the slice's sum on the host, for a listener
  std::vector<const float*> mine_;          // [partial sums], on the device
  std::vector<const float*> slots_;         // [slots], on the device
};

Status NcclCollective::WaitForCommunicator() {
  ncclResult_t state = ncclInProgress;
  while (true) {
    DESCENT_RETURN_IF_ERROR(CheckAlive());
    DESCENT_RETURN_IF_ERROR(NcclStatus(ncclCommGetAsyncError(comm_, &state), "NCCL"));
    if (state != ncclInProgress) return NcclStatus(state, "NCCL, a peer may be gone");
    std::this_thread::sleep_for(kPollInterval);
  }
}

Status NcclCollective::Finish() {
  DESCENT_RETURN_IF_ERROR(WaitForCommunicator());
  while (true) {
    const cudaError_t state = cudaStreamQuery(stream_);
    if (state == cudaSuccess) return Status();
    if (state != cudaErrorNotReady) return CudaStatus(state, "the GPU failed");
    DESCENT_RETURN_IF_ERROR(WaitForCommunicator());
    std::this_thread::sleep_for(kPollInterval);
  }
}

// Between host and device in either direction: the driver knows which address is whose.
Status NcclCollective::Copy(void* to, const void* from, std::size_t byte_count) {
  if (byte_count == 0 || to == from) return Status();
  return CudaStatus(cudaMemcpyAsync(to, from, byte_count, cudaMemcpyDefault, stream_),
                    "copying to or from the GPU");
}

Result<std::span<float>> NcclCollective::Allocate(std::int64_t element_count, MemoryKind) {
  DESCENT_CHECK(element_count >= 0);
  if (element_count > (std::int64_t{1} << 46))
    return Status(Code::kResourceExhausted,
                  std::to_string(element_count) + " values are more than any GPU has");
  const auto count = static_cast<std::size_t>(element_count);
  DeviceBuffer<float> buffer;
  DESCENT_RETURN_IF_ERROR(buffer.GrowTo(std::max<std::size_t>(count, 1)));
  DESCENT_RETURN_IF_ERROR(CudaStatus(
      cudaMemsetAsync(buffer.data(), 0, count * sizeof(float), stream_), "clearing memory"));
  DESCENT_RETURN_IF_ERROR(Finish());
  allocations_.push_back(std::move(buffer));
  return std::span(allocations_.back().data(), count);
}

Status NcclCollective::AllGather(std::span<const std::byte> mine, std::span<std::byte> all) {
  DESCENT_CHECK(all.size() == mine.size() * static_cast<std::size_t>(world_size_));
  DESCENT_RETURN_IF_ERROR(CheckAlive());
  if (mine.empty()) return Status();
  DESCENT_RETURN_IF_ERROR(bytes_.GrowTo(all.size()));
  std::byte* const own = bytes_.data() + static_cast<std::size_t>(rank_) * mine.size();
  DESCENT_RETURN_IF_ERROR(Copy(own, mine.data(), mine.size()));
  DESCENT_RETURN_IF_ERROR(NcclStatus(
      ncclAllGather(own, bytes_.data(), mine.size(), ncclInt8, comm_, stream_), "ncclAllGather"));
  DESCENT_RETURN_IF_ERROR(WaitForCommunicator());
  DESCENT_RETURN_IF_ERROR(Copy(all.data(), bytes_.data(), all.size()));
  return Finish();
}

std::span<float> NcclCollective::MemoryOf(int peer, std::span<float> mine) const {
  DESCENT_CHECK(peer == rank_);
  return mine;
}

Status NcclCollective::ReduceScatter(const CanonicalTree& tree,
                                     std::span<const float* const> partial_sums,
                                     const SumTarget& target) {
  DESCENT_CHECK(tree.world_size() == world_size_);
  DESCENT_CHECK(partial_sums.size() == tree.PartialSumsOf(rank_).size());
  DESCENT_CHECK(tree.slot_count() <= kDeviceSlotsMax);
  DESCENT_RETURN_IF_ERROR(CheckAlive());
  if (target.bucket_size == 0) return Status();
  const auto bucket_size = static_cast<std::size_t>(target.bucket_size);
  DESCENT_RETURN_IF_ERROR(BringToDevice(partial_sums, bucket_size));
  DESCENT_RETURN_IF_ERROR(ExchangePartialSums(tree, bucket_size));

  const IndexRange slice = SliceOf(target.bucket_size, world_size_, rank_);
  const std::size_t slice_bytes = static_cast<std::size_t>(slice.size()) * sizeof(float);
  const bool is_kept = target.bucket != nullptr;
  const bool is_kept_on_device = is_kept && IsOnDevice(target.bucket);
  if (!is_kept_on_device)
    DESCENT_RETURN_IF_ERROR(slice_sum_.GrowTo(static_cast<std::size_t>(slice.size())));
  float* const sum = is_kept_on_device ? target.bucket + slice.first : slice_sum_.data();
  DESCENT_RETURN_IF_ERROR(AddInOrder(tree, sum, slice.size()));
  if (is_kept && !is_kept_on_device)
    DESCENT_RETURN_IF_ERROR(Copy(target.bucket + slice.first, sum, slice_bytes));
  if (!target.on_block) return Finish();
  heard_.resize(static_cast<std::size_t>(slice.size()));
  DESCENT_RETURN_IF_ERROR(Copy(heard_.data(), sum, slice_bytes));
  DESCENT_RETURN_IF_ERROR(Finish());
  for (std::int64_t first = 0; first < slice.size(); first += kSliceUnitElements) {
    const std::int64_t size = std::min(kSliceUnitElements, slice.size() - first);
    target.on_block(
        {slice.first + first, slice.first + first + size},
        std::span(heard_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(size)));
  }
  return Status();
}

Status NcclCollective::BringToDevice(std::span<const float* const> partial_sums, std::size_t size) {
  mine_.clear();
  DESCENT_RETURN_IF_ERROR(host_partial_sums_.GrowTo(
      std::ranges::all_of(partial_sums, IsOnDevice) ? 0 : partial_sums.size() * size));
  for (std::size_t i = 0; i < partial_sums.size(); ++i) {
    if (IsOnDevice(partial_sums[i])) {
      mine_.push_back(partial_sums[i]);
      continue;
    }
    float* const place = host_partial_sums_.data() + i * size;
    DESCENT_RETURN_IF_ERROR(Copy(place, partial_sums[i], size * sizeof(float)));
    mine_.push_back(place);
  }
  return Status();
}

// Everyone sends its partial sums of slice j to rank j; the order of arrival means nothing.
Status NcclCollective::ExchangePartialSums(const CanonicalTree& tree, std::size_t size) {
  const auto slice_of = [&](int rank) {
    return SliceOf(static_cast<std::int64_t>(size), world_size_, rank);
  };
  const IndexRange own = slice_of(rank_);
  const auto own_size = static_cast<std::size_t>(own.size());
  const auto slot_count = static_cast<std::size_t>(tree.slot_count());
  DESCENT_RETURN_IF_ERROR(staging_.GrowTo((slot_count - mine_.size()) * own_size));
  slots_.assign(slot_count, nullptr);
  float* staged = staging_.data();
  DESCENT_RETURN_IF_ERROR(NcclStatus(ncclGroupStart(), "ncclGroupStart"));
  for (int peer = 0; peer < world_size_; ++peer) {
    const IndexRange theirs = slice_of(peer);
    auto slot = static_cast<std::size_t>(tree.FirstSlotOf(peer));
    if (peer == rank_) {
      for (const float* values : mine_) slots_[slot++] = values + own.first;
      continue;
    }
    for (std::size_t i = 0; i < mine_.size() && theirs.size() > 0; ++i)
      ncclSend(mine_[i] + theirs.first, static_cast<std::size_t>(theirs.size()), ncclFloat, peer,
               comm_, stream_);
    for (std::size_t i = 0; i < tree.PartialSumsOf(peer).size(); ++i) {
      if (own_size > 0) ncclRecv(staged, own_size, ncclFloat, peer, comm_, stream_);
      slots_[slot++] = staged;
      staged += own_size;
    }
  }
  // What failed inside the group is reported at its end.
  DESCENT_RETURN_IF_ERROR(NcclStatus(ncclGroupEnd(), "sending partial sums"));
  return WaitForCommunicator();
}

Status NcclCollective::AddInOrder(const CanonicalTree& tree, float* sum, std::int64_t count) {
  std::vector<DeviceAddition> additions;
  for (const auto& [target, source] : tree.additions())
    additions.push_back({.target = target, .source = source});
  DESCENT_RETURN_IF_ERROR(additions_.GrowTo(std::max<std::size_t>(additions.size(), 1)));
  DESCENT_RETURN_IF_ERROR(slot_table_.GrowTo(slots_.size()));
  // From pageable memory: the copy has read its source when the call returns.
  DESCENT_RETURN_IF_ERROR(
      Copy(additions_.data(), additions.data(), additions.size() * sizeof(DeviceAddition)));
  DESCENT_RETURN_IF_ERROR(
      Copy(slot_table_.data(), slots_.data(), slots_.size() * sizeof(const float*)));
  const int error =
      AddInOrderOnDevice(slot_table_.data(), static_cast<int>(slots_.size()), additions_.data(),
                         static_cast<int>(additions.size()), sum, count, stream_);
  return CudaStatus(static_cast<cudaError_t>(error), "adding partial sums");
}

Status NcclCollective::AllGatherSlices(std::span<const std::span<float>> buckets) {
  DESCENT_RETURN_IF_ERROR(CheckAlive());
  for (const std::span<float> bucket : buckets) {
    if (bucket.empty()) continue;
    if (IsOnDevice(bucket.data())) {
      DESCENT_RETURN_IF_ERROR(GatherOnDevice(bucket));
      continue;
    }
    DESCENT_RETURN_IF_ERROR(bucket_.GrowTo(bucket.size()));
    const std::span<float> copy(bucket_.data(), bucket.size());
    DESCENT_RETURN_IF_ERROR(Copy(copy.data(), bucket.data(), bucket.size_bytes()));
    DESCENT_RETURN_IF_ERROR(GatherOnDevice(copy));
    DESCENT_RETURN_IF_ERROR(Copy(bucket.data(), copy.data(), bucket.size_bytes()));
    DESCENT_RETURN_IF_ERROR(Finish());
  }
  return Finish();
}

// All-gather wants slices of one size; where they differ, each rank's goes to all by itself.
Status NcclCollective::GatherOnDevice(std::span<float> bucket) {
  const std::span<float> own = SliceIn(bucket, world_size_, rank_);
  const auto world_size = static_cast<std::size_t>(world_size_);
  if (bucket.size() % (world_size * static_cast<std::size_t>(kSliceUnitElements)) == 0) {
    DESCENT_RETURN_IF_ERROR(
        NcclStatus(ncclAllGather(own.data(), bucket.data(), own.size(), ncclFloat, comm_, stream_),
                   "ncclAllGather"));
    return WaitForCommunicator();
  }
  DESCENT_RETURN_IF_ERROR(NcclStatus(ncclGroupStart(), "ncclGroupStart"));
  for (int rank = 0; rank < world_size_; ++rank) {
    const std::span<float> slice = SliceIn(bucket, world_size_, rank);
    if (!slice.empty())
      ncclBroadcast(slice.data(), slice.data(), slice.size(), ncclFloat, rank, comm_, stream_);
  }
  DESCENT_RETURN_IF_ERROR(NcclStatus(ncclGroupEnd(), "gathering slices"));
  return WaitForCommunicator();
}

}  // namespace

Status CheckGpu() {
  int count = 0;
  return CudaStatus(cudaGetDeviceCount(&count), "no GPU");
}

Result<NcclGroupId> MakeNcclGroupId() {
  ncclUniqueId id{};
  if (const ncclResult_t result = ncclGetUniqueId(&id); result != ncclSuccess)
    return Status(Code::kUnavailable,
                  std::string("ncclGetUniqueId: ") + ncclGetErrorString(result));
  NcclGroupId group_id;
  std::memcpy(group_id.bytes.data(), &id, sizeof(id));
  return group_id;
}

Result<std::unique_ptr<Collective>> MakeNcclCollective(const NcclGroupId& group_id, int world_size,
                                                       int rank) {
  DESCENT_CHECK(0 <= rank && rank < world_size);
  DESCENT_RETURN_IF_ERROR(CheckGpu());
  cudaStream_t stream = nullptr;
  DESCENT_RETURN_IF_ERROR(
      CudaStatus(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "making a stream"));

  ncclUniqueId id{};
  std::memcpy(&id, group_id.bytes.data(), sizeof(id));
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 0;  // so that waiting for a peer that never comes can be given up
  ncclComm_t comm = nullptr;
  const ncclResult_t result = ncclCommInitRankConfig(&comm, world_size, id, rank, &config);
  if (result != ncclSuccess && result != ncclInProgress) {
    cudaStreamDestroy(stream);
    return Status(Code::kUnavailable,
                  std::string("ncclCommInitRankConfig: ") + ncclGetErrorString(result));
  }
  auto collective = std::make_unique<NcclCollective>(comm, stream, world_size, rank);
  if (const Status status = collective->Finish(); !status.ok())
    return Status(Code::kUnavailable, status.message());
  return std::unique_ptr<Collective>(std::move(collective));
}

}  // namespace descent
