#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace descent {

enum class Verbosity { kNormal, kQuiet, kVerbose };
enum class ColorChoice { kAuto, kNever };
enum class DocumentForm { kJson, kYaml, kJsonLines };

// The two streams of a command: data to stdout, talk to stderr. A live line is animated only if
// both are terminals; otherwise it becomes a plain line every few seconds. Quiet drops all talk but
// errors. Colour follows the terminal, NO_COLOR and --no-color. One thread.
class Console {
 public:
  Console(Verbosity verbosity, ColorChoice color, DocumentForm form = DocumentForm::kJson);
  ~Console();  // leaves no half line behind

  void Data(std::string_view text);           // as it is
  void Document(const std::string& json);     // as JSON, or the same as YAML or JSON Lines
  void Say(std::string_view line);            // one line of talk
  void Detail(std::string_view line);         // the same, where the user wants to hear more
  void Error(std::string_view message);       // "error: message"
  void Problems(std::string_view formatted);  // a whole "error: …" text of several lines
  void Live(const std::string& line);         // replaces the last live line

  // Replaces the last live text by these lines, cut to the terminal; of use where IsAnimated.
  void LiveLines(const std::vector<std::string>& lines);

  // Puts a question, and returns the line that is typed; nothing: stdin is at its end.
  std::optional<std::string> Ask(std::string_view question);

  bool IsAnimated() const { return is_animated_; }
  int LiveColumns() const;  // how long a live line may be

 private:
  void ClearLive();
  std::string ToLiveStart() const;
  std::string Painted(std::string_view text) const;

  const bool is_quiet_;
  const bool is_verbose_;
  const bool is_animated_;
  const bool has_color_;
  const DocumentForm form_;
  int live_lines_ = 0;  // that stand on the terminal
  std::string last_live_;
  std::chrono::steady_clock::time_point next_plain_live_{};
};

// `line` without what does not fit in `columns`.
std::string FitLine(const std::string& line, int columns);

}  // namespace descent
