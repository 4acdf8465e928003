#include <string>

#include "common/check.h"
#include "tests/fuzz/fuzz_target.h"
#include "worker/data/byte_pair_encoding.h"
#include "worker/data/byte_pair_tables.h"

namespace descent {

// vocab.json, and behind a NUL merges.txt.
DESCENT_FUZZ_TARGET(byte_pairs) {
  constexpr std::string_view kText = "It's a tést,  \n42 \xf0\x9f\x98\x80 aaaa abab";
  const std::string_view vocabulary = TakePart(bytes, '\0');
  Result<BytePairTables> tables = ParseBytePairTables(vocabulary, bytes);
  if (!tables.ok()) return;

  const auto encoding = BytePairEncoding::Create(std::move(tables).value());

  if (!encoding.ok()) return;
  NoteTaken();
  const auto tokens = encoding.value().Encode(kText);
  DESCENT_CHECK(tokens.ok());
  std::string decoded;
  for (const std::uint32_t token : tokens.value()) {
    DESCENT_CHECK(token < encoding.value().size());
    decoded += encoding.value().Decode(token);
  }
  DESCENT_CHECK(decoded == kText);
}

}  // namespace descent
