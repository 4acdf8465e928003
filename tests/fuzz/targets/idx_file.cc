#include "worker/data/idx_file.h"

#include "common/check.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/input_file.h"

namespace descent {

DESCENT_FUZZ_TARGET(idx_file) {
  const int rank = TakeByte(bytes) % 2 == 0 ? 1 : 3;
  const InputFile input(bytes);

  const Result<IdxFile> file = ReadIdxFile(input.path(), rank);

  if (!file.ok()) return;
  NoteTaken();
  std::size_t values = 1;
  for (const std::int64_t size : file.value().shape) values *= static_cast<std::size_t>(size);
  DESCENT_CHECK(std::ssize(file.value().shape) == rank);
  DESCENT_CHECK(file.value().values.size() == values);
  unsigned sum = 0;  // reads all of them
  for (const std::uint8_t value : file.value().values) sum += value;
  DESCENT_CHECK(sum <= 255 * values);
}

}  // namespace descent
