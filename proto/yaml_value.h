#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace descent {

// Where a field was given: in a line, or by an override.
struct FieldPlace {
  int line = 0;               // 1 is the first; 0: no line of the file
  std::string override_text;  // "--set batch.micro=0"; empty: in the line
  int column = 0;             // of the line; 1 is the first; 0: not known
};

// One thing wrong, ready to be shown: where it stands, what was found and what was wanted.
struct FieldProblem {
  int line = 0;       // 1 is the first; 0: no line of the file is to blame
  std::string place;  // "batch.micro", "column 5" of a syntax error, or "--set batch.micro=0"
  std::string message;
  // For programs:
  int column = 0;  // as of FieldPlace
  bool is_unknown_field = false;
  std::string did_you_mean{};  // the path of a field that there is, if one is like it

  // As people see it.
  bool operator==(const FieldProblem& other) const {
    return line == other.line && place == other.place && message == other.message;
  }
};

// The problem of `field`, given at `place`: an override is named instead of the field.
FieldProblem ProblemAt(const FieldPlace& place, std::string field, std::string message);

// A YAML document as a tree in which every value knows its place.
struct YamlValue {
  enum class Kind { kNothing, kText, kList, kMapping };

  Kind kind = Kind::kNothing;
  std::string text;        // of a scalar, as written
  bool is_quoted = false;  // then it is a text, whatever it looks like
  FieldPlace place;
  std::vector<YamlValue> children;  // items of a list; key, value, key, value of a mapping
};

struct Yaml {
  YamlValue root;
  std::vector<FieldProblem> problems;
};

// Parses one document. Anchors, aliases, tags, nesting beyond 16 levels and a second document are
// problems; a syntax error is one as well, and then the root is empty. Every place is in a line of
// `text`, or is `override_text` unless that is empty.
Yaml ParseYaml(std::string_view text, const std::string& override_text);

// Puts `value` at `path` ("batch.micro") below `root`, in place of what is there. What is missing
// on the way, or is no mapping, becomes one.
void ReplaceAt(YamlValue& root, std::string_view path, YamlValue value);

// Foreign text for a message: cut to 60 bytes, without bytes that a terminal would obey.
std::string Shown(std::string_view text);

}  // namespace descent
