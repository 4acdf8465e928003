#include "common/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "common/mapping_list.h"

namespace descent {
namespace {

Status Failure(const char* verb, const std::filesystem::path& path) {
  const int error = errno;
  const bool is_missing = error == ENOENT || error == ENOTDIR;
  return Status(is_missing ? Code::kNotFound : Code::kUnavailable,
                std::string("cannot ") + verb + " " + path.string() + ": " +
                    std::generic_category().message(error));
}

Result<std::span<const std::byte>> Map(int file, const std::filesystem::path& path) {
  struct stat facts = {};
  if (fstat(file, &facts) != 0) return Failure("read", path);
  if (!S_ISREG(facts.st_mode))
    return Status(Code::kInvalidArgument, path.string() + " is not a file, must be a regular file");
  const auto size = static_cast<std::size_t>(facts.st_size);
  if (size == 0) return std::span<const std::byte>();  // the kernel maps no empty range
  const void* const start = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (start == MAP_FAILED) return Failure("map", path);
  return std::span(static_cast<const std::byte*>(start), size);
}

}  // namespace

Result<MappedFile> MappedFile::Open(const std::filesystem::path& path) {
  // Not blocking: opening a pipe without a writer would otherwise wait for ever.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return Failure("open", path);
  const Result<std::span<const std::byte>> bytes = Map(file, path);
  close(file);  // the mapping stays
  if (!bytes.ok()) return bytes.status();
  if (!bytes.value().empty()) AddMapping(bytes.value(), path);
  return MappedFile(bytes.value());
}

MappedFile::~MappedFile() {
  if (bytes_.empty()) return;
  RemoveMapping(bytes_);
  munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace descent
