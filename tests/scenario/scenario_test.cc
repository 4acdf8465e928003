#include "tests/scenario/scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/scenario/script.h"

namespace descent {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> ListScripts() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(DESCENT_SCENARIO_SCRIPTS))
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

// "lost_worker.txt" becomes "LostWorker".
std::string TestName(const testing::TestParamInfo<fs::path>& script) {
  std::string name;
  bool is_word_start = true;
  for (const char c : script.param.stem().string()) {
    if (c != '_') name += is_word_start ? static_cast<char>(std::toupper(c)) : c;
    is_word_start = c == '_';
  }
  return name;
}

std::string Join(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += "  " + line + "\n";
  return text;
}

class ScenarioTest : public testing::TestWithParam<fs::path> {};

TEST_P(ScenarioTest, DoesWhatTheScriptSays) {
  std::ostringstream text;
  text << std::ifstream(GetParam()).rdbuf();
  std::vector<Block> blocks = ParseScript(text.str());
  ASSERT_FALSE(blocks.empty());
  ASSERT_TRUE(text.str().starts_with("# ")) << "the first line says what the script shows";
  const bool is_update = std::getenv("DESCENT_UPDATE_SCENARIOS") != nullptr;

  Scenario scenario;
  for (Block& block : blocks) {
    std::vector<std::string> actual;
    for (const std::string& command : block.commands)
      for (std::string& line : scenario.Run(command)) actual.push_back(std::move(line));
    if (is_update) block.expected = actual;
    ASSERT_EQ(Join(actual), Join(block.expected))
        << GetParam().string() << ":" << block.line << "\n"
        << Join(block.commands);
  }
  if (is_update) std::ofstream(GetParam()) << FormatScript(blocks);
}

INSTANTIATE_TEST_SUITE_P(Scripts, ScenarioTest, testing::ValuesIn(ListScripts()), TestName);

}  // namespace
}  // namespace descent
