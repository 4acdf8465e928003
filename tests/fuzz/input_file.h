#pragma once

#include <filesystem>
#include <string_view>

namespace descent {

// A file that has these bytes and lies in memory, for parsers that want a path. It is gone at the
// end of the scope.
class InputFile {
 public:
  explicit InputFile(std::string_view bytes);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  std::filesystem::path path() const;

 private:
  const int descriptor_;
};

}  // namespace descent
