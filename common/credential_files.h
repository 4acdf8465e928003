#pragma once

#include <string>
#include <vector>

#include "common/result.h"

namespace descent {

// The files by which a program knows its coordinator and says who it is. Files, not values: every
// process of a machine can read the flags of the others. Empty: not given.
struct CredentialFiles {
  std::string ca;  // PEM: who vouches for the coordinator's certificate; without it, plain text
  std::string certificate;  // PEM: this program's own, for a coordinator that asks for one
  std::string key;          // PEM: of that certificate
  std::string token;        // one line; "-": stdin
};

// What the files hold.
struct Credentials {
  std::string ca;
  std::string certificate;
  std::string key;
  std::string token;
};

// Reads them for calls to `address`, HOST:PORT. Errors name the flag: kInvalidArgument if the files
// do not go together, such as a token that would travel in plain text over a network.
Result<Credentials> ReadCredentials(const CredentialFiles& files, const std::string& address);

// The flags that name the same files: --tls-ca FILE …
std::vector<std::string> ArgumentsOf(const CredentialFiles& files);

}  // namespace descent
