#include "worker/data/npz_file.h"

#include <algorithm>

#include "common/check.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/input_file.h"

namespace descent {

DESCENT_FUZZ_TARGET(npz_file) {
  constexpr std::size_t kArraysMax = 8;
  const InputFile input(bytes);

  const Result<NpzFile> file = NpzFile::Open(input.path());

  if (!file.ok()) return;
  const std::vector<std::string> names = file.value().Names();
  for (std::size_t i = 0; i < std::min(kArraysMax, names.size()); ++i) {
    const Result<Array> array = file.value().Read(names[i]);
    if (!array.ok()) continue;
    NoteTaken();
    DESCENT_CHECK(array.value().rows() >= 1);
  }
  DESCENT_CHECK(!file.value().Read("no array is called so\x1b").ok());
}

}  // namespace descent
