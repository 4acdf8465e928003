#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "common/result.h"

namespace descent {

// Where a process finds memory that another one shares: an open file of that process.
struct SharedMemoryTicket {
  std::int64_t pid = 0;
  std::int32_t file_descriptor = -1;
};

// A run of zeroed pages, mapped into this process until the object is gone. Movable; one owner.
//
// Shared pages are an anonymous file (memfd): it has no name in any file system, so when its last
// process ends, however it ends, the kernel takes it back and nothing is left behind.
class MappedMemory {
 public:
  MappedMemory() = default;
  ~MappedMemory();
  MappedMemory(MappedMemory&& other) noexcept;
  MappedMemory& operator=(MappedMemory&& other) noexcept;

  // Of this process alone; a page is taken up when it is first touched. kResourceExhausted.
  static Result<MappedMemory> MakePrivate(std::size_t byte_count);

  // Pages that others can open by ticket(), as long as this object lives and CloseFile was not
  // called. From 16 MiB on they begin at a multiple of 2 MiB, wherever they are mapped.
  // kResourceExhausted, kUnavailable: this system has no anonymous files.
  static Result<MappedMemory> MakeShared(std::size_t byte_count);

  // The pages of another process, or of this one. kUnavailable: they cannot be opened from here,
  // because the two do not see the same processes or may not look into each other.
  static Result<MappedMemory> OpenShared(const SharedMemoryTicket& ticket, std::size_t byte_count);

  // Takes up these pages now, so that running out of memory is an error here and not a signal
  // later; what they hold stays. From 16 MiB on as large pages where the system gives them, which
  // save most translations of addresses. kResourceExhausted.
  Status Reserve(std::size_t first_byte, std::size_t byte_count);

  // Gives the pages back to the system, but keeps their addresses mapped until the process ends:
  // who still reaches for them reads zeros and writes to nobody's memory. Private memory only.
  static void KeepAddresses(MappedMemory memory);

  // Once everyone has opened it: the pages stay mapped. A no-op if there is no file.
  void CloseFile();

  SharedMemoryTicket ticket() const;
  std::span<std::byte> bytes() const { return bytes_; }

 private:
  static Result<MappedMemory> Map(int file_descriptor, std::size_t byte_count);

  std::span<std::byte> bytes_;
  int file_descriptor_ = -1;
};

// Gives the whole pages inside `values` back to the system: they read as zeros. Private memory
// only.
void ReleasePages(std::span<float> values);

}  // namespace descent
