#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "worker/data/array.h"

struct zip;  // of libzip

namespace descent {

// An NPZ file: a ZIP archive of NPY files, stored or deflated. One thread.
class NpzFile {
 public:
  // kInvalidArgument, naming the file: not a ZIP archive, too many entries. Blocks.
  static Result<NpzFile> Open(const std::filesystem::path& path);

  // Names of the arrays, without ".npy", in the order of the archive.
  std::vector<std::string> Names() const;

  // Reads an array into memory, which grows with what the entry really holds, whatever the archive
  // says. kInvalidArgument: no such array, which lists those that are there; encrypted; of another
  // compression; damaged; or not NPY (ParseNpyHeader). Blocks.
  Result<Array> Read(const std::string& name) const;

 private:
  struct Closer {
    void operator()(zip* archive) const;
  };

  NpzFile(std::filesystem::path path, std::unique_ptr<zip, Closer> archive);

  std::filesystem::path path_;
  std::unique_ptr<zip, Closer> archive_;
};

}  // namespace descent
