#pragma once

#include <string>
#include <string_view>

namespace descent {

// The secrets of tokens: "dsc_" and 256 random bits in 43 characters of base64url (RFC 4648), from
// OpenSSL's generator, which the operating system seeds. So many bits cannot be guessed, and a
// plain SHA-256 of them cannot be reversed: neither salt nor a slow hash would add anything.

std::string MakeTokenSecret();

// Ten of [a-z0-9]: names a token.
std::string MakeTokenId();

// The SHA-256 of any text, 32 bytes.
std::string HashTokenSecret(std::string_view secret);

}  // namespace descent
