#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "worker/data/tokenize_files.h"

namespace descent {

struct TokenizeOptions {
  TokenizeRequest request;
  std::string tokenizer;  // byte, char or gpt2
};

// Adds --tokenize OUTPUT and what belongs to it.
void AddTokenizeOptions(CLI::App& app, TokenizeOptions& options);

// `descent-worker --tokenize OUTPUT …`: writes a token file and prints what is in it, or on
// stderr every problem on a line of its own. Returns the exit status: 0, or 2 if there are
// problems.
int Tokenize(const TokenizeOptions& options);

}  // namespace descent
