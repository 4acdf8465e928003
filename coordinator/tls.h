#pragma once

#include <filesystem>
#include <string>

#include "common/result.h"

namespace descent {

// What a listener needs to speak TLS, as PEM text.
struct Tls {
  std::string certificates;  // its own first, then those that vouch for it
  std::string key;
  std::string worker_ca;  // who vouches for workers; empty: they need no certificates
};

struct TlsFiles {
  std::filesystem::path certificates;
  std::filesystem::path key;
  std::filesystem::path worker_ca;  // empty: none
};

// Errors name the flag and the file. kInvalidArgument: not PEM, or the key is of another
// certificate.
Result<Tls> ReadTls(const TlsFiles& files);

// The PEM text of a file with certificates of who vouches for others. Errors as above.
Result<std::string> ReadAuthority(const std::string& flag, const std::filesystem::path& path);

}  // namespace descent
