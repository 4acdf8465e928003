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
  void* const start =
      mmap(nullptr, byte_count, PROT_READ | PROT_WRITE, MAP_SHARED, file_descriptor, 0);
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
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto first = reinterpret_cast<std::uintptr_t>(values.data());
  const std::uintptr_t first_page = (first + page - 1) / page * page;
  const std::uintptr_t last_page = (first + values.size_bytes()) / page * page;
  if (first_page < last_page)
    madvise(reinterpret_cast<void*>(first_page), last_page - first_page, MADV_DONTNEED);
}

}  // namespace descent
