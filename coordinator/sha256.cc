#include "coordinator/sha256.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstddef>

#include "common/check.h"

namespace descent {
namespace {

constexpr std::size_t kSha256Bytes = 32;

std::string ToHex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return hex;
}

}  // namespace

std::string Sha256(std::string_view bytes) {
  std::string hash(kSha256Bytes, '\0');
  DESCENT_CHECK(EVP_Digest(bytes.data(), bytes.size(),
                           reinterpret_cast<unsigned char*>(hash.data()), nullptr, EVP_sha256(),
                           nullptr) == 1);
  return hash;
}

std::string Sha256Hex(std::string_view bytes) { return ToHex(Sha256(bytes)); }

std::string HmacSha256Hex(std::string_view key, std::string_view bytes) {
  std::string code(kSha256Bytes, '\0');
  DESCENT_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                     reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                     reinterpret_cast<unsigned char*>(code.data()), nullptr) != nullptr);
  return ToHex(code);
}

}  // namespace descent
