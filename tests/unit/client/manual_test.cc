#include "client/commands/manual.h"

#include <gmock/gmock.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "client/commands/command.h"

namespace descent {
namespace {

const auto kAll = [](const CLI::App*) { return true; };

// Every command of the program by its path, "" first.
class ManualTest : public testing::Test {
 protected:
  ManualTest() : app_("", "descent"), line_(app_) {
    AddEveryCommand(app_, line_);
    Collect(app_, "");
  }

  void Collect(CLI::App& app, const std::string& path) {
    commands_[path] = &app;
    for (CLI::App* command : app.get_subcommands(kAll))
      Collect(*command, (path.empty() ? "" : path + " ") + command->get_name());
  }

  // The longest path of commands that these words begin with.
  std::string CommandOf(std::istringstream& words) const {
    std::string path;
    for (std::string word; words >> word;) {
      const std::string longer = fmt::format("{}{}{}", path, path.empty() ? "" : " ", word);
      if (!commands_.contains(longer)) break;
      path = longer;
    }
    return path;
  }

  bool HasOption(const std::string& path, const std::string& flag) const {
    return commands_.at(path)->get_option_no_throw(flag) != nullptr ||
           app_.get_option_no_throw(flag) != nullptr;
  }

  CLI::App app_;
  CommandLine line_;
  std::map<std::string, CLI::App*> commands_;
};

TEST_F(ManualTest, EveryCommandWithAHelpHasAPage) {
  for (const auto& [path, command] : commands_) {
    if (command->get_help_ptr() == nullptr) continue;  // its help is another program's
    EXPECT_NE(command->get_footer(), "") << path;
  }
}

TEST_F(ManualTest, EveryPageIsOfACommandAndInOrder) {
  std::vector<std::string> names;
  for (const ManualPage& page : ManualPages()) names.emplace_back(page.command);

  EXPECT_TRUE(std::ranges::is_sorted(names));
  for (const std::string& name : names) EXPECT_TRUE(commands_.contains(name)) << name;
}

TEST_F(ManualTest, OtherCommandsThatAreNamedExist) {
  for (const ManualPage& page : ManualPages()) {
    std::istringstream others{std::string(page.see_also)};
    for (std::string other; std::getline(others >> std::ws, other, ',');)
      EXPECT_TRUE(commands_.contains(other)) << page.command << ": " << other;
  }
}

TEST_F(ManualTest, ExamplesUseCommandsAndOptionsThatThereAre) {
  for (const ManualPage& page : ManualPages()) {
    std::string examples(page.examples);
    std::ranges::replace(examples, '|', '\n');  // each part of a pipe is a command
    std::istringstream lines(examples);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t begin = line.find("descent ");
      if (begin == std::string::npos) continue;  // the shell's own
      std::istringstream words(line.substr(begin + std::string_view("descent ").size()));
      const std::string path = CommandOf(words);
      EXPECT_NE(path, "") << line;
      for (std::string word; words >> word;) {
        if (!word.starts_with("--")) continue;
        EXPECT_TRUE(HasOption(path, word)) << line << ": " << word;
      }
    }
  }
}

TEST_F(ManualTest, LinesFitATerminal) {
  for (const ManualPage& page : ManualPages()) {
    std::istringstream lines{std::string(page.text)};
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
  }
}

}  // namespace
}  // namespace descent
