#pragma once

#include <filesystem>
#include <utility>

#include "common/result.h"

namespace descent {

// A file descriptor, closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();

  int number() const { return number_; }

 private:
  int number_;
};

// Opens what workers have written, which need not be what it should be: `path` is relative to the
// directory `root`, stays below it, and none of its names is a link, also if somebody exchanges one
// meanwhile. `root` itself may have links: its operator chose it. `flags` are of open(2) for
// reading. Blocks; any thread.
//   kNotFound     it is not there, or one of its names is a link
//   kUnavailable  any other error
Result<Descriptor> OpenBeneath(const std::filesystem::path& root, const std::filesystem::path& path,
                               int flags);

}  // namespace descent
