#include "proto/yaml_value.h"

#include <spdlog/fmt/fmt.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <utility>

namespace descent {
namespace {

// Builds the tree from the parser's events, so aliases are seen before they could multiply.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::string override_text) : override_text_(std::move(override_text)) {}

  YamlValue TakeRoot() { return std::move(root_); }
  std::vector<FieldProblem> TakeProblems() { return std::move(problems_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Check(mark, "?", anchor);
    Add(At(mark, YamlValue::Kind::kNothing));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Refuse(mark, "an alias (*name) is not allowed: write the value out");
    Add(At(mark, YamlValue::Kind::kNothing));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    Check(mark, tag, anchor);
    YamlValue value = At(mark, YamlValue::Kind::kText);
    value.text = text;
    value.is_quoted = tag == "!";
    Add(std::move(value));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Check(mark, tag, anchor);
    Open(mark, YamlValue::Kind::kList);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Check(mark, tag, anchor);
    Open(mark, YamlValue::Kind::kMapping);
  }
  void OnMapEnd() override { Close(); }

 private:
  static constexpr std::size_t kDepthMax = 16;

  FieldPlace PlaceOf(const YAML::Mark& mark) const {
    if (!override_text_.empty()) return {0, override_text_};
    return {mark.line + 1, "", mark.column + 1};
  }
  YamlValue At(const YAML::Mark& mark, YamlValue::Kind kind) const {
    YamlValue value;
    value.kind = kind;
    value.place = PlaceOf(mark);
    return value;
  }
  void Refuse(const YAML::Mark& mark, std::string message) {
    problems_.push_back(
        ProblemAt(PlaceOf(mark), fmt::format("column {}", mark.column + 1), std::move(message)));
  }
  void Check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) Refuse(mark, "an anchor (&name) is not allowed: write the value out");
    if (!tag.empty() && tag != "?" && tag != "!") Refuse(mark, "a tag (!type) is not allowed");
  }
  void Add(YamlValue value) {
    if (open_.size() > kDepthMax) return;
    (open_.empty() ? root_ : open_.back().children.emplace_back()) = std::move(value);
  }
  void Open(const YAML::Mark& mark, YamlValue::Kind kind) {
    if (open_.size() == kDepthMax)
      Refuse(mark, fmt::format("nested too deep, must be at most {} levels", kDepthMax));
    open_.push_back(At(mark, kind));
  }
  void Close() {
    YamlValue closed = std::move(open_.back());
    open_.pop_back();
    Add(std::move(closed));
  }

  const std::string override_text_;
  std::vector<YamlValue> open_;  // from the root inwards
  YamlValue root_;
  std::vector<FieldProblem> problems_;
};

}  // namespace

FieldProblem ProblemAt(const FieldPlace& place, std::string field, std::string message) {
  if (!place.override_text.empty()) return {0, place.override_text, std::move(message)};
  return {place.line, std::move(field), std::move(message), place.column};
}

Yaml ParseYaml(std::string_view text, const std::string& override_text) {
  TreeBuilder builder(override_text);
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    TreeBuilder rest("");
    std::vector<FieldProblem> problems = builder.TakeProblems();
    if (parser.HandleNextDocument(rest)) {
      const FieldPlace place = rest.TakeRoot().place;
      problems.push_back(ProblemAt({place.line, override_text, place.column}, "",
                                   "a second document begins, must be one job"));
    }
    return {builder.TakeRoot(), std::move(problems)};
  } catch (const YAML::Exception& error) {
    const FieldPlace place = {error.mark.line + 1, override_text, error.mark.column + 1};
    return {{}, {ProblemAt(place, fmt::format("column {}", error.mark.column + 1), error.msg)}};
  }
}

void ReplaceAt(YamlValue& root, std::string_view path, YamlValue value) {
  using Kind = YamlValue::Kind;
  const std::size_t dot = path.find('.');
  const std::string_view key = path.substr(0, dot);
  if (root.kind != Kind::kMapping) root = {.kind = Kind::kMapping, .place = value.place};
  std::size_t found = 0;
  while (found < root.children.size() && root.children[found].text != key) found += 2;
  if (found == root.children.size()) {
    root.children.push_back({.kind = Kind::kText, .text = std::string(key), .place = value.place});
    root.children.emplace_back();
  }
  if (dot != std::string_view::npos) {
    ReplaceAt(root.children[found + 1], path.substr(dot + 1), std::move(value));
    return;
  }
  root.children[found].place = value.place;
  root.children[found + 1] = std::move(value);
}

std::string Shown(std::string_view text) {
  constexpr std::size_t kShownMax = 60;
  std::string shown(text.substr(0, kShownMax));
  if (text.size() > kShownMax) {
    while (!shown.empty() && (shown.back() & 0xc0) == 0x80) shown.pop_back();
    if (!shown.empty() && (shown.back() & 0x80) != 0) shown.pop_back();
    shown += "…";
  }
  for (char& c : shown)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return shown;
}

}  // namespace descent
