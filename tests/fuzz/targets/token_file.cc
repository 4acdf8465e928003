#include "worker/data/token_file.h"

#include <array>

#include "common/check.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/input_file.h"

namespace descent {

DESCENT_FUZZ_TARGET(token_file) {
  using Declared = std::optional<TokenType>;
  constexpr std::array<Declared, 3> kDeclared = {std::nullopt, TokenType::kUint16,
                                                 TokenType::kUint32};
  const Declared declared = kDeclared[TakeByte(bytes) % kDeclared.size()];
  const InputFile input(bytes);

  const Result<TokenFile> file = OpenTokenFile(input.path(), declared);

  if (!file.ok()) return;
  NoteTaken();
  const TokenFile& found = file.value();
  DESCENT_CHECK(found.tokens.size() % (found.type == TokenType::kUint16 ? 2 : 4) == 0);
  DESCENT_CHECK(found.tokens.size() <= bytes.size());
  unsigned sum = 0;  // reads all of them
  for (const std::byte byte : found.tokens) sum += static_cast<unsigned>(byte);
  DESCENT_CHECK(sum <= 255 * bytes.size());
}

}  // namespace descent
