#include "worker/data/vocabulary.h"

#include <string>

#include "common/check.h"
#include "tests/fuzz/fuzz_target.h"

namespace descent {

// Characters, and behind a NUL a text.
DESCENT_FUZZ_TARGET(vocabulary) {
  const std::string_view characters = TakePart(bytes, '\0');
  const Result<Vocabulary> vocabulary = Vocabulary::FromCharacters(characters);
  if (!vocabulary.ok()) return;
  DESCENT_CHECK(vocabulary.value().characters() == characters);
  const auto tokens = vocabulary.value().Encode(bytes);
  if (!tokens.ok()) return;
  NoteTaken();
  std::string decoded;
  for (const std::uint32_t token : tokens.value()) decoded += vocabulary.value().Decode(token);
  DESCENT_CHECK(decoded == bytes);
}

}  // namespace descent
