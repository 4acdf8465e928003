#include "client/commands/manual.h"

#include <algorithm>
#include <sstream>
#include <string>

namespace descent {
namespace {

std::string FooterOf(const ManualPage& page) {
  std::string footer = std::string(page.text) + "\n\nExamples:\n";
  std::istringstream examples{std::string(page.examples)};
  for (std::string line; std::getline(examples, line);) footer += "  " + line + "\n";
  footer += "\nSee also: " + std::string(page.see_also);
  if (!page.command.empty()) footer += "\nOptions of every command: descent --help";
  return footer;
}

void AddPage(CLI::App& app, const std::string& path) {
  const auto page = std::ranges::find(ManualPages(), path, &ManualPage::command);
  app.footer(page == ManualPages().end() ? "" : FooterOf(*page));
  for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    AddPage(*command, (path.empty() ? "" : path + " ") + command->get_name());
}

}  // namespace

void AddManual(CLI::App& app) { AddPage(app, ""); }

}  // namespace descent
