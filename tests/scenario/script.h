#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace descent {

// A scenario script: blocks of commands, each followed by "----" and the lines that the coordinator
// answers with. A blank line ends a block; lines that begin with # are comments.
//
//   # A job starts as soon as the pool is complete.
//   submit a workers=2 steps=100
//   register w1 w2
//   ----
//   job a QUEUED -> STARTING …

// "verb argument argument key=value key="value with spaces""
struct Command {
  std::string verb;
  std::vector<std::string> arguments;
  std::map<std::string, std::string> options;

  std::string Option(const std::string& key, const std::string& absent) const;
  long long Number(const std::string& key, long long absent) const;
};

Command ParseCommand(std::string_view line);

// "3" is 3 and 3; "1..4" is 1 and 4.
std::pair<long long, long long> ParseRange(const std::string& text);

struct Block {
  std::size_t line = 0;               // of the first command, 1 is the first of the file
  std::vector<std::string> preamble;  // comments and blank lines before it, kept for rewriting
  std::vector<std::string> commands;
  std::vector<std::string> expected;
};

std::vector<Block> ParseScript(std::string_view text);
std::string FormatScript(const std::vector<Block>& blocks);

}  // namespace descent
