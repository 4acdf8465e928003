#pragma once

#include <string>

#include "common/credential_files.h"

namespace descent {

// Where a coordinator is, and how it knows who calls.
struct Endpoint {
  std::string address;  // HOST:PORT of its listener for users
  Credentials credentials = {};
};

}  // namespace descent
