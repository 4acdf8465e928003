#pragma once

#include <CLI/CLI.hpp>

#include "common/credential_files.h"

namespace descent {

// The flags that every program which calls the coordinator has: --tls-ca, --tls-cert, --tls-key and
// --token-file.
void AddCredentialOptions(CLI::App& app, CredentialFiles& files);

}  // namespace descent
