#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/commands/checkpoint_directory.h"
#include "client/commands/command.h"

namespace descent {
namespace {

struct TokenizeFlags {
  std::vector<std::string> inputs;
  std::string output;
  std::string tokenizer;
  std::string vocab;
  std::string merges;
  std::string header = "none";
};

ExitCode Tokenize(const TokenizeFlags& flags, Console& console) {
  if (flags.tokenizer == "gpt2" && (flags.vocab.empty() || flags.merges.empty())) {
    console.Error("--tokenizer gpt2 needs --vocab VOCAB.JSON and --merges MERGES.TXT");
    return ExitCode::kUsage;
  }
  std::vector<std::string> arguments = {"--tokenize=" + flags.output,
                                        "--tokenizer=" + flags.tokenizer};
  for (const std::string& input : flags.inputs) arguments.push_back("--input=" + input);
  if (!flags.vocab.empty()) arguments.push_back("--vocab=" + flags.vocab);
  if (!flags.merges.empty()) arguments.push_back("--merges=" + flags.merges);
  if (flags.header != "none") arguments.emplace_back("--token-header");
  return Report(console, BecomeWorker(std::move(arguments)));
}

}  // namespace

void AddDataTokenize(CLI::App& group, CommandLine& line) {
  CLI::App* command = group.add_subcommand(
      "tokenize", "Write the tokens of texts into a file that format: tokens reads");
  const auto flags = std::make_shared<TokenizeFlags>();
  command->add_option("input", flags->inputs, "Texts, or patterns such as 'texts/*.txt'")
      ->required();
  command->add_option("-o,--output", flags->output, "The token file, which must not be there yet")
      ->required();
  command->add_option("--tokenizer", flags->tokenizer, "byte, char or gpt2")
      ->check(CLI::IsMember({"byte", "char", "gpt2"}))
      ->required();
  command->add_option("--vocab", flags->vocab,
                      "vocab.json of gpt2; of char a text with all its characters");
  command->add_option("--merges", flags->merges, "merges.txt of gpt2");
  command
      ->add_option("--header", flags->header,
                   "none, as nanoGPT has it, or llm.c, which says type and count")
      ->check(CLI::IsMember({"none", "llm.c"}))
      ->capture_default_str();
  line.OnChosen(command, [flags](Console& console) { return Tokenize(*flags, console); });
}

}  // namespace descent
