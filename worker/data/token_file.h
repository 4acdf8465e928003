#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "common/mapped_file.h"
#include "common/result.h"
#include "common/token_type.h"

namespace descent {

// A file of tokens, mapped:
//   without a header   the tokens alone, little-endian: uint16 as nanoGPT writes them, or uint32
//   with llm.c's       256 little-endian int32: magic, version, count of tokens, zeros; the tokens
//     20240520, 1      of uint16 (GPT-2)
//     20240801, 7      of uint32 (Llama 3)
// A header is known by its magic number, which no file of tokens without one begins with: the first
// token would be beyond the vocabularies in use. Source: Karpathy, llm.c, dev/data/data_common.py.
struct TokenFile {
  std::filesystem::path path;
  MappedFile file;
  TokenType type = TokenType::kUint16;
  std::span<const std::byte> tokens;  // within the file's bytes: a whole number of tokens
};

// `declared` is the type of tokens without a header, uint16 where it is absent. kInvalidArgument,
// in one message that names the file, what was found and what was wanted: a file that cannot be
// read, a header of another version or that contradicts `declared`, a size that does not fit.
Result<TokenFile> OpenTokenFile(const std::filesystem::path& path,
                                std::optional<TokenType> declared);

// The header of llm.c over `count` tokens, as bytes. Count is below 2^31.
std::string TokenFileHeader(TokenType type, std::int64_t count);

}  // namespace descent
