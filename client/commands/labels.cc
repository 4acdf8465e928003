#include "client/commands/labels.h"

#include <spdlog/fmt/fmt.h>

namespace descent {
namespace {

bool IsLabel(const std::string& text) {
  const std::size_t equals = text.find('=');
  return equals != std::string::npos && equals > 0;
}

// No key ends with a dash.
bool IsRemoval(const std::string& text) {
  return text.size() > 1 && text.ends_with('-') && text.find('=') == std::string::npos;
}

}  // namespace

void AddLabelOption(CLI::App& command, std::vector<std::string>& labels) {
  command.add_option("--label", labels, "Label to find it by; any number of times")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false)
      ->check([](const std::string& text) {
        return IsLabel(text) ? "" : fmt::format("\"{}\" must be KEY=VALUE", text);
      });
}

void AddLabelChangeOption(CLI::App& command, std::vector<std::string>& changes) {
  command
      .add_option("--label", changes, "Set a label, or take it away with KEY-; any number of times")
      ->type_name("KEY=VALUE|KEY-")
      ->allow_extra_args(false)
      ->check([](const std::string& text) {
        return IsLabel(text) || IsRemoval(text)
                   ? ""
                   : fmt::format("\"{}\" must be KEY=VALUE, or KEY- to take it away", text);
      });
}

LabelChange LabelChangeOf(const std::vector<std::string>& changes) {
  LabelChange change;
  for (const std::string& text : changes) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos)
      change.removed.push_back(text.substr(0, text.size() - 1));
    else
      change.set[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return change;
}

std::map<std::string, std::string> LabelsOf(const std::vector<std::string>& labels) {
  return LabelChangeOf(labels).set;
}

}  // namespace descent
