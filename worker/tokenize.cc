#include "worker/tokenize.h"

#include <spdlog/fmt/fmt.h>

#include <cstdio>
#include <map>
#include <string>

namespace descent {
namespace {

const std::map<std::string, Tokenizer> kTokenizers = {
    {"byte", Tokenizer::kByte}, {"char", Tokenizer::kChar}, {"gpt2", Tokenizer::kGpt2}};

}  // namespace

void AddTokenizeOptions(CLI::App& app, TokenizeOptions& options) {
  TokenizeRequest& request = options.request;
  CLI::Option* const output = app.add_option("--tokenize", request.output,
                                             "Only write the tokens of --input into this file");
  const auto add = [&](const char* flag, auto& value, const char* what) {
    return app.add_option(flag, value, what)->needs(output);
  };
  output->needs(add("--tokenizer", options.tokenizer, "byte, char or gpt2")
                    ->check(CLI::IsMember(kTokenizers)));
  output->needs(add("--input", request.globs, "A text, or a pattern of texts; may be repeated"));
  add("--vocab", request.vocabulary.vocab, "The tokenizer's vocab.json, or its characters");
  add("--merges", request.vocabulary.merges, "The tokenizer's merges.txt");
  app.add_flag("--token-header", request.has_header, "Begin the file with llm.c's header")
      ->needs(output);
}

int Tokenize(const TokenizeOptions& options) {
  TokenizeRequest request = options.request;
  request.tokenizer = kTokenizers.at(options.tokenizer);
  const Result<TokenizeReport> done = TokenizeFiles(request);
  if (!done.ok()) {
    fmt::print(stderr, "error: {}\n", done.status().message());
    return 2;
  }
  const TokenizeReport& report = done.value();
  fmt::print("{}: {} {} tokens below {}, of {} file{}\n", request.output, report.token_count,
             report.type == TokenType::kUint16 ? "uint16" : "uint32", report.vocabulary_size,
             report.file_count, report.file_count == 1 ? "" : "s");
  if (!report.characters_path.empty())
    fmt::print("{}: what the tokens stand for, for data.vocab\n", report.characters_path);
  return 0;
}

}  // namespace descent
