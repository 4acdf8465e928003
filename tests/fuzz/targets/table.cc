#include "common/check.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/input_file.h"
#include "worker/data/table_rows.h"

namespace descent {
namespace {

// By the bits of `choice`; columns are named by their numbers.
TableSpec SpecOf(unsigned choice) {
  TableSpec spec;
  spec.has_header = (choice & 1) != 0;
  if ((choice & 2) != 0) {
    spec.label = "0";
  } else {
    spec.targets = {"0"};
  }
  if ((choice & 4) != 0) spec.categorical = {"1"};
  if ((choice & 8) != 0) spec.classes = {"a", "b"};
  if ((choice & 8) != 0 && spec.label.empty()) spec.classes.clear();
  spec.missing = static_cast<MissingPolicy>((choice >> 4) % 4);
  return spec;
}

}  // namespace

DESCENT_FUZZ_TARGET(table) {
  const unsigned choice = TakeByte(bytes);
  const InputFile input(bytes);
  const auto answers = (choice & 128) != 0 ? Answers::kOptional : Answers::kRequired;

  const Result<ParsedTable> table = ParseTable(
      input.path(), SpecOf(choice), {.delimiter = ',', .answers = answers, .ignore_index = 7});

  if (!table.ok()) return;
  NoteTaken();
  const auto& [spec, rows] = table.value();
  const auto count = static_cast<std::size_t>(rows.count);
  DESCENT_CHECK(rows.count >= 1);
  DESCENT_CHECK(rows.features.size() == spec.columns.size());
  DESCENT_CHECK(rows.targets.size() == count * spec.targets.size());
  DESCENT_CHECK(rows.labels.size() == (spec.label.empty() ? 0 : count));
  for (const TableRows::Feature& feature : rows.features) {
    const auto words = std::ssize(feature.categories.Words());
    DESCENT_CHECK(feature.numbers.size() + feature.codes.size() == count);
    for (const std::int32_t code : feature.codes) DESCENT_CHECK(code >= -1 && code < words);
  }
}

}  // namespace descent
