#include "coordinator/sha256.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <cstddef>

#include "common/check.h"

namespace descent {
namespace {

constexpr std::size_t kSha256Bytes = 32;

}  // namespace

std::string Sha256(std::string_view bytes) {
  std::string hash(kSha256Bytes, '\0');
  DESCENT_CHECK(EVP_Digest(bytes.data(), bytes.size(),
                           reinterpret_cast<unsigned char*>(hash.data()), nullptr, EVP_sha256(),
                           nullptr) == 1);
  return hash;
}

std::string Sha256Hex(std::string_view bytes) {
  std::string hex;
  for (const char byte : Sha256(bytes))
    hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return hex;
}

}  // namespace descent
