#include "coordinator/token_secret.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "common/check.h"
#include "coordinator/sha256.h"

namespace descent {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kIdCharacters = 10;

template <std::size_t size>
std::array<unsigned char, size> RandomBytes() {
  std::array<unsigned char, size> bytes{};
  DESCENT_CHECK(RAND_bytes(bytes.data(), static_cast<int>(size)) == 1);
  return bytes;
}

}  // namespace

std::string MakeTokenSecret() {
  const auto bytes = RandomBytes<kSecretBytes>();
  std::array<unsigned char, 4 * ((kSecretBytes + 2) / 3) + 1> encoded{};
  const int length = EVP_EncodeBlock(encoded.data(), bytes.data(), kSecretBytes);
  std::string text(encoded.begin(), encoded.begin() + length);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  text.resize(text.find('='));
  return "dsc_" + text;
}

std::string MakeTokenId() {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz012345";  // 32: no bias
  std::string id;
  for (const unsigned char byte : RandomBytes<kIdCharacters>())
    id += kAlphabet[byte % kAlphabet.size()];
  return id;
}

std::string HashTokenSecret(std::string_view secret) { return Sha256(secret); }

}  // namespace descent
