#include "tests/scenario/script.h"

#include <sstream>
#include <utility>

#include "common/check.h"

namespace descent {
namespace {

constexpr std::string_view kSeparator = "----";

// Splits at spaces outside double quotes; the quotes go.
std::vector<std::string> SplitWords(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool is_quoted = false;
  for (const char c : line) {
    if (c == '"') {
      is_quoted = !is_quoted;
    } else if (c == ' ' && !is_quoted) {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
    } else {
      word += c;
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

void AppendLines(std::string& text, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) text += line + "\n";
}

}  // namespace

std::string Command::Option(const std::string& key, const std::string& absent) const {
  const auto option = options.find(key);
  return option == options.end() ? absent : option->second;
}

long long Command::Number(const std::string& key, long long absent) const {
  const auto option = options.find(key);
  return option == options.end() ? absent : std::stoll(option->second);
}

Command ParseCommand(std::string_view line) {
  Command command;
  for (std::string& word : SplitWords(line)) {
    const std::size_t equals = word.find('=');
    if (command.verb.empty()) {
      command.verb = std::move(word);
    } else if (equals != std::string::npos) {
      command.options[word.substr(0, equals)] = word.substr(equals + 1);
    } else {
      command.arguments.push_back(std::move(word));
    }
  }
  return command;
}

std::pair<long long, long long> ParseRange(const std::string& text) {
  const std::size_t dots = text.find("..");
  const long long first = std::stoll(text);
  return {first, dots == std::string::npos ? first : std::stoll(text.substr(dots + 2))};
}

std::vector<Block> ParseScript(std::string_view text) {
  std::vector<Block> blocks;
  Block block;
  bool is_expecting = false;
  std::size_t number = 0;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (is_expecting && line.empty()) {
      blocks.push_back(std::exchange(block, {}));
      is_expecting = false;
    } else if (is_expecting) {
      block.expected.push_back(line);
    } else if (line == kSeparator) {
      is_expecting = true;
    } else if (line.empty() || line.front() == '#') {
      block.preamble.push_back(line);
    } else {
      if (block.commands.empty()) block.line = number;
      block.commands.push_back(line);
    }
  }
  if (is_expecting)
    blocks.push_back(block);
  else
    DESCENT_CHECK(block.commands.empty());  // every block says what it expects
  return blocks;
}

std::string FormatScript(const std::vector<Block>& blocks) {
  std::string text;
  for (const Block& block : blocks) {
    if (!text.empty()) text += "\n";
    AppendLines(text, block.preamble);
    AppendLines(text, block.commands);
    text += std::string(kSeparator) + "\n";
    AppendLines(text, block.expected);
  }
  return text;
}

}  // namespace descent
