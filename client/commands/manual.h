#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string_view>

namespace descent {

// What --help says of a command below its options.
struct ManualPage {
  std::string_view command;   // "metrics query"; "" is the program
  std::string_view text;      // one paragraph of lines of at most 100 characters
  std::string_view examples;  // command lines, one a line
  std::string_view see_also;  // other commands, "watch, help exit-codes"
};

// One for each command that has a help of its own, in the order of the alphabet.
std::span<const ManualPage> ManualPages();

// Gives every command of the program its page, once all of them are there.
void AddManual(CLI::App& app);

}  // namespace descent
