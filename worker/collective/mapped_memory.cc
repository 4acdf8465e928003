#include "worker/collective/mapped_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "common/check.h"

namespace descent {
namespace {

Status SystemFailed(Code code, const std::string& what) {
  return Status(code, what + ": " + std::strerror(errno));
}

constexpr std::size_t kLargePageBytes = std::size_t{2} << 20;

// From here on what an alignment to large pages may waste is little, and to make them is worth it.
constexpr std::size_t kLargeBytes = 8 * kLargePageBytes;

// MADV_COLLAPSE, which older headers do not have: makes large pages of small ones, at once. Shared
// pages become large in no other way where the system's shmem_enabled is `never`, as it comes.
constexpr int kCollapseAdvice = 25;

constexpr std::size_t RoundUp(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

std::size_t BytesToMultiple(const void* address, std::size_t multiple) {
  const auto number = reinterpret_cast<std::uintptr_t>(address);
  return RoundUp(number, multiple) - number;
}

// Maps a file so that its large pages are also those of the process: both begin at a multiple.
void* MapAligned(int file_descriptor, std::size_t byte_count) {
  const std::size_t reserved = byte_count + kLargePageBytes;
  void* const start =
      mmap(nullptr, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) return MAP_FAILED;
  auto* const first = static_cast<std::byte*>(start);
  std::byte* const last = first + reserved;
  std::byte* const aligned = first + BytesToMultiple(start, kLargePageBytes);
  void* const mapped =
      mmap(aligned, byte_count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file_descriptor, 0);
  if (mapped == MAP_FAILED) {
    munmap(start, reserved);
    return MAP_FAILED;
  }
  std::byte* const end =
      aligned + RoundUp(byte_count, static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
  if (first < aligned) munmap(first, static_cast<std::size_t>(aligned - first));
  if (end < last) munmap(end, static_cast<std::size_t>(last - end));
  return mapped;
}

// What lies in whole large pages becomes large pages, where the system can: a page of each has to
// be there for it. Where it cannot, everything stays as it is, and slower; pages that are busy now
// do not tell of others.
void TakeLargePages(std::span<std::byte> bytes) {
  for (std::size_t first = BytesToMultiple(bytes.data(), kLargePageBytes);
       first + kLargePageBytes <= bytes.size(); first += kLargePageBytes) {
    std::byte* const page = bytes.data() + first;
    if (madvise(page, 1, MADV_POPULATE_WRITE) != 0) return;
    const bool is_done = madvise(page, kLargePageBytes, kCollapseAdvice) == 0;
    if (!is_done && errno != EAGAIN && errno != EBUSY) return;
  }
}

std::string Megabytes(std::size_t byte_count) { return std::to_string(byte_count >> 20) + " MiB"; }

}  // namespace

MappedMemory::~MappedMemory() {
  CloseFile();
  if (!bytes_.empty()) munmap(bytes_.data(), bytes_.size());
}

MappedMemory::MappedMemory(MappedMemory&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})),
      file_descriptor_(std::exchange(other.file_descriptor_, -1)) {}

MappedMemory& MappedMemory::operator=(MappedMemory&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(file_descriptor_, other.file_descriptor_);
  return *this;
}

// Large pages save most page faults and translations, where the system gives them.
Result<MappedMemory> MappedMemory::MakePrivate(std::size_t byte_count) {
  MappedMemory memory;
  if (byte_count == 0) return memory;
  void* const start = mmap(nullptr, byte_count, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED)
    return SystemFailed(Code::kResourceExhausted, "no " + Megabytes(byte_count) + " of memory");
  madvise(start, byte_count, MADV_HUGEPAGE);
  memory.bytes_ = {static_cast<std::byte*>(start), byte_count};
  return memory;
}

Result<MappedMemory> MappedMemory::MakeShared(std::size_t byte_count) {
  const int file = memfd_create("descent", MFD_CLOEXEC);
  if (file < 0) return SystemFailed(Code::kUnavailable, "no anonymous file for shared memory");
  if (ftruncate(file, static_cast<off_t>(byte_count)) != 0) {
    const Status failed =
        SystemFailed(Code::kResourceExhausted, "no " + Megabytes(byte_count) + " of shared memory");
    close(file);
    return failed;
  }
  return Map(file, byte_count);
}

Result<MappedMemory> MappedMemory::OpenShared(const SharedMemoryTicket& ticket,
                                              std::size_t byte_count) {
  const std::string path =
      "/proc/" + std::to_string(ticket.pid) + "/fd/" + std::to_string(ticket.file_descriptor);
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return SystemFailed(Code::kUnavailable, "cannot open shared memory at " + path);
  // A mapping beyond the end of what was opened, which would be some other file, is a signal later.
  if (lseek(file, 0, SEEK_END) != static_cast<off_t>(byte_count)) {
    close(file);
    return Status(Code::kUnavailable, path + " is not the memory to be shared");
  }
  return Map(file, byte_count);
}

Result<MappedMemory> MappedMemory::Map(int file_descriptor, std::size_t byte_count) {
  MappedMemory memory;
  memory.file_descriptor_ = file_descriptor;
  void* const start = byte_count >= kLargeBytes ? MapAligned(file_descriptor, byte_count)
                                                : mmap(nullptr, byte_count, PROT_READ | PROT_WRITE,
                                                       MAP_SHARED, file_descriptor, 0);
  if (start == MAP_FAILED)
    return SystemFailed(Code::kResourceExhausted,
                        "cannot map " + Megabytes(byte_count) + " of shared memory");
  madvise(start, byte_count, MADV_HUGEPAGE);
  memory.bytes_ = {static_cast<std::byte*>(start), byte_count};
  return memory;
}

Status MappedMemory::Reserve(std::size_t first_byte, std::size_t byte_count) {
  DESCENT_CHECK(first_byte + byte_count <= bytes_.size());
  if (byte_count == 0) return Status();
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t first_page = first_byte / page * page;
  const std::size_t length = first_byte + byte_count - first_page;
  if (byte_count >= kLargeBytes) TakeLargePages(bytes_.subspan(first_page, length));
  if (madvise(bytes_.data() + first_page, length, MADV_POPULATE_WRITE) == 0) return Status();
  // Kernels before 5.14 do not know the advice, but the file can be filled.
  const bool is_unknown = errno == EINVAL && file_descriptor_ >= 0;
  if (is_unknown && fallocate(file_descriptor_, 0, static_cast<off_t>(first_page),
                              static_cast<off_t>(length)) == 0)
    return Status();
  return SystemFailed(Code::kResourceExhausted, "no " + Megabytes(length) + " of memory");
}

void MappedMemory::CloseFile() {
  if (file_descriptor_ >= 0) close(std::exchange(file_descriptor_, -1));
}

SharedMemoryTicket MappedMemory::ticket() const {
  return {.pid = getpid(), .file_descriptor = file_descriptor_};
}

void MappedMemory::KeepAddresses(MappedMemory memory) {
  const std::span<std::byte> bytes = std::exchange(memory.bytes_, {});
  if (!bytes.empty()) madvise(bytes.data(), bytes.size(), MADV_DONTNEED);
}

void ReleasePages(std::span<float> values) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::span<std::byte> bytes = std::as_writable_bytes(values);
  const std::size_t first = BytesToMultiple(bytes.data(), page);
  if (first >= bytes.size()) return;
  const std::size_t length = (bytes.size() - first) / page * page;
  if (length > 0) madvise(bytes.data() + first, length, MADV_DONTNEED);
}

}  // namespace descent
