#include "worker/data/npy_file.h"

#include <span>
#include <vector>

#include "common/check.h"
#include "tests/fuzz/fuzz_target.h"

namespace descent {

DESCENT_FUZZ_TARGET(npy_file) {
  const auto file = std::as_bytes(std::span(bytes));

  Result<NpyHeader> header = ParseNpyHeader(file);

  if (!header.ok()) return;
  NoteTaken();
  const Array array(header.value().type, header.value().shape,
                    std::vector<std::byte>(file.begin(), file.end()), header.value().values_offset);
  DESCENT_CHECK(array.rows() >= 1);
  const auto row_size = static_cast<std::size_t>(array.row_size());
  std::vector<float> numbers(row_size);
  std::vector<std::int64_t> integers(row_size);
  for (const std::int64_t row : {std::int64_t{0}, array.rows() - 1}) {
    array.CopyRow(row, std::span(numbers));
    if (IsInteger(array.type())) array.CopyRow(row, std::span(integers));
  }
}

}  // namespace descent
