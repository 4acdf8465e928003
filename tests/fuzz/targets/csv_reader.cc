#include "worker/data/csv_reader.h"

#include <array>

#include "common/check.h"
#include "common/limits.h"
#include "tests/fuzz/fuzz_target.h"

namespace descent {

DESCENT_FUZZ_TARGET(csv_reader) {
  constexpr std::array kDelimiters = {',', '\t', ';', '|', ' '};
  CsvReader reader(bytes, kDelimiters[TakeByte(bytes) % kDelimiters.size()]);
  std::int64_t line = 0;
  for (Result<bool> next = reader.Next(); next.ok() && next.value(); next = reader.Next()) {
    DESCENT_CHECK(reader.line() > line);
    DESCENT_CHECK(!reader.fields().empty());
    DESCENT_CHECK(reader.fields().size() <= limits::kTableColumnsMax);
    line = reader.line();
    NoteTaken();
    for (const std::string_view field : reader.fields())
      DESCENT_CHECK(field.find('\0') == field.npos);
  }
}

}  // namespace descent
