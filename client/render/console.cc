#include "client/render/console.h"

#include <spdlog/fmt/fmt.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "client/render/json_lines.h"
#include "client/render/yaml_text.h"

namespace descent {
namespace {

constexpr std::chrono::seconds kPlainLiveInterval{5};
constexpr int kColumnsDefault = 80;
constexpr int kPlainColumns = 100;
constexpr std::string_view kErrorWord = "error:";

int TerminalColumns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kColumnsDefault;
  return size.ws_col;
}

bool IsColorWanted(ColorChoice color) {
  const char* no_color = std::getenv("NO_COLOR");
  return color == ColorChoice::kAuto && isatty(STDERR_FILENO) != 0 &&
         (no_color == nullptr || *no_color == '\0');
}

bool IsAnimationWanted() {
  const char* terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) != 0 && isatty(STDERR_FILENO) != 0 && terminal != nullptr &&
         std::string_view(terminal) != "dumb";
}

void Write(FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

}  // namespace

Console::Console(Verbosity verbosity, ColorChoice color, DocumentForm form)
    : is_quiet_(verbosity == Verbosity::kQuiet),
      is_verbose_(verbosity == Verbosity::kVerbose),
      is_animated_(IsAnimationWanted()),
      has_color_(IsColorWanted(color)),
      form_(form) {}

Console::~Console() { ClearLive(); }

void Console::Data(std::string_view text) {
  ClearLive();
  Write(stdout, text);
}

void Console::Document(const std::string& json) {
  switch (form_) {
    case DocumentForm::kYaml:
      return Data(YamlText(json));
    case DocumentForm::kJsonLines:
      return Data(JsonLines(json));
    case DocumentForm::kJson:
      return Data(json + (json.ends_with('\n') ? "" : "\n"));
  }
}

void Console::Say(std::string_view line) {
  if (is_quiet_) return;
  ClearLive();
  Write(stderr, std::string(line) + "\n");
}

void Console::Detail(std::string_view line) {
  if (is_verbose_) Say(line);
}

void Console::Error(std::string_view message) {
  Problems(std::string(kErrorWord) + " " + std::string(message) + "\n");
}

void Console::Problems(std::string_view formatted) {
  ClearLive();
  Write(stderr, Painted(formatted));
}

void Console::Live(const std::string& line) {
  if (is_quiet_ || line == last_live_) return;
  if (is_animated_) {
    Write(stderr, ToLiveStart() + "\x1b[K" + FitLine(line, LiveColumns()));
    live_lines_ = 1;
  } else {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_plain_live_) return;
    next_plain_live_ = now + kPlainLiveInterval;
    Write(stderr, line + "\n");
  }
  last_live_ = line;
}

void Console::LiveLines(const std::vector<std::string>& lines) {
  if (is_quiet_ || !is_animated_ || lines.empty()) return;
  std::string text;
  for (const std::string& line : lines) {
    if (!text.empty()) text += "\n";
    text += FitLine(line, LiveColumns());
    text += "\x1b[K";
  }
  if (text == last_live_) return;
  // In one piece, and over what stands there, so that nothing flickers.
  Write(stderr, ToLiveStart() + text + "\x1b[J");
  live_lines_ = static_cast<int>(lines.size());
  last_live_ = std::move(text);
}

std::optional<std::string> Console::Ask(std::string_view question) {
  ClearLive();
  Write(stderr, std::string(question) + " ");
  std::string answer;
  if (!std::getline(std::cin, answer)) return std::nullopt;
  return answer;
}

std::string Console::ToLiveStart() const {
  return live_lines_ < 2 ? "\r" : fmt::format("\r\x1b[{}A", live_lines_ - 1);
}

int Console::LiveColumns() const {
  // In the last column some terminals wrap, and a wrapped line cannot be replaced.
  return is_animated_ ? TerminalColumns() - 1 : kPlainColumns;
}

void Console::ClearLive() {
  if (live_lines_ > 0) Write(stderr, ToLiveStart() + (live_lines_ == 1 ? "\x1b[K" : "\x1b[J"));
  live_lines_ = 0;
  last_live_.clear();
}

std::string Console::Painted(std::string_view text) const {
  if (!has_color_ || !text.starts_with(kErrorWord)) return std::string(text);
  return "\x1b[1;31m" + std::string(kErrorWord) + "\x1b[0m" +
         std::string(text.substr(kErrorWord.size()));
}

std::string FitLine(const std::string& line, int columns) {
  if (columns < 1 || line.size() <= static_cast<std::size_t>(columns)) return line;
  return line.substr(0, columns);
}

}  // namespace descent
