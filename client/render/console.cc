#include "client/render/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

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
      is_animated_(IsAnimationWanted()),
      has_color_(IsColorWanted(color)),
      form_(form) {}

Console::~Console() { ClearLive(); }

void Console::Data(std::string_view text) {
  ClearLive();
  Write(stdout, text);
}

void Console::Document(const std::string& json) {
  Data(form_ == DocumentForm::kYaml ? YamlText(json) : json + (json.ends_with('\n') ? "" : "\n"));
}

void Console::Say(std::string_view line) {
  if (is_quiet_) return;
  ClearLive();
  Write(stderr, std::string(line) + "\n");
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
    Write(stderr, "\r\x1b[K" + FitLine(line, LiveColumns()));
    has_live_ = true;
  } else {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_plain_live_) return;
    next_plain_live_ = now + kPlainLiveInterval;
    Write(stderr, line + "\n");
  }
  last_live_ = line;
}

int Console::LiveColumns() const {
  // In the last column some terminals wrap, and a wrapped line cannot be replaced.
  return is_animated_ ? TerminalColumns() - 1 : kPlainColumns;
}

void Console::ClearLive() {
  if (has_live_) Write(stderr, "\r\x1b[K");
  has_live_ = false;
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
