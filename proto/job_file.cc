#include "proto/job_file.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "common/limits.h"
#include "common/utf8.h"
#include "proto/wire.h"
#include "proto/yaml_message.h"

namespace descent {
namespace {

// What makes a text unfit to be parsed at all.
std::optional<FieldProblem> RefuseText(std::string_view text, const FieldPlace& place) {
  if (text.size() > limits::kJobFileBytesMax)
    return ProblemAt(
        place, "",
        fmt::format("{} bytes, must be at most {}", text.size(), limits::kJobFileBytesMax));
  // Text of two or four bytes a character is full of zeros, which UTF-8 would let pass.
  if (!IsUtf8(text) || text.find('\0') != std::string_view::npos)
    return ProblemAt(place, "", "not a text, must be UTF-8");
  return std::nullopt;
}

void Append(std::vector<FieldProblem>& to, std::vector<FieldProblem> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

// Puts one "field.path=value" into the tree.
std::vector<FieldProblem> ApplyOverride(const std::string& override_argument, YamlValue& root) {
  const FieldPlace place = {0, "--set " + Shown(override_argument)};
  const std::size_t equals = override_argument.find('=');
  const std::string path = override_argument.substr(0, equals);
  const bool is_path = !path.empty() && path.front() != '.' && path.back() != '.' &&
                       path.find("..") == std::string::npos && std::ranges::count(path, '.') < 16;
  if (equals == std::string::npos || !is_path)
    return {ProblemAt(place, "", "must be FIELD.PATH=VALUE, such as optimizer.adamw.lr=1e-3")};
  if (const auto problem = RefuseText(override_argument, place)) return {*problem};
  Yaml yaml = ParseYaml(override_argument.substr(equals + 1), place.override_text);
  if (yaml.problems.empty()) {
    yaml.root.place = place;
    ReplaceAt(root, path, std::move(yaml.root));
  }
  return std::move(yaml.problems);
}

// Where a field of JobSpec stands in the file. The members of a oneof share fields there
// ("lr_schedule.warmup_steps" is "lr_schedule.cosine.warmup_steps" in a file), and a field that is
// missing is looked for in the mapping that should have it.
struct Located {
  std::string field;
  FieldPlace place;
};

Located Locate(const std::map<std::string, FieldPlace>& places, const std::string& field) {
  if (const auto exact = places.find(field); exact != places.end()) return {field, exact->second};
  const std::size_t dot = field.rfind('.');
  if (dot == std::string::npos) return {field, {}};
  const std::string parent = field.substr(0, dot + 1);
  const std::string leaf = field.substr(dot);
  for (const auto& [path, place] : places)
    if (path.starts_with(parent) && path.ends_with(leaf)) return {path, place};
  return {field, Locate(places, field.substr(0, dot)).place};
}

// Gives a violation the words of a file: what is missing there is zero or empty in JobSpec.
FieldProblem Describe(const std::map<std::string, FieldPlace>& places, const Violation& violation) {
  Located located = Locate(places, violation.field);
  std::string message = violation.message;
  for (const std::string_view empty : {"0, ", "\"\", "})
    if (!places.contains(located.field) && message.starts_with(empty))
      message.replace(0, empty.size(), "missing, ");
  return ProblemAt(located.place, std::move(located.field), std::move(message));
}

// Zero, or an empty list, stands for "not given" in JobSpec. So who wrote it is told here, and the
// field is emptied, which lets the rest be converted and checked.
void CheckShape(v1::JobSpec& proto, FillReport& report) {
  const auto add = [&](const std::string& field, std::string message) {
    if (!report.IsFaulty(field))
      report.AddProblem(Locate(report.places, field).place, field, std::move(message));
  };
  const auto require_positive = [&](const std::string& field, bool is_given, std::int64_t value) {
    if (is_given && value == 0) add(field, "0, must be at least 1");
  };
  const v1::BatchSpec& batch = proto.batch();
  require_positive("batch.micro", batch.has_micro(), batch.micro());
  require_positive("batch.logical_workers", batch.has_logical_workers(), batch.logical_workers());
  require_positive("evaluate.samples", proto.evaluate().has_samples(), proto.evaluate().samples());
  require_positive("workers.max", proto.workers().has_max(), proto.workers().max());
  require_positive("start_timeout", proto.has_start_timeout(), proto.start_timeout());
  require_positive("deadline", proto.has_deadline(), proto.deadline());

  const auto check_pair = [&](const std::string& field, auto& numbers) {
    if (!report.places.contains(field) || numbers.size() == 2) return;
    add(field, fmt::format("{} numbers, must be [first, last]", numbers.size()));
    numbers.Clear();
  };
  const auto check_range = [&](const std::string& dataset, v1::DatasetSpec& spec) {
    check_pair(dataset + ".range", *spec.mutable_range());
    check_pair(dataset + ".fraction", *spec.mutable_fraction());
    require_positive(dataset + ".stride", spec.has_stride(), spec.stride());
  };
  v1::DataSpec& data = *proto.mutable_data();
  if (data.has_train()) check_range("data.train", *data.mutable_train());
  if (data.has_validation()) check_range("data.validation", *data.mutable_validation());
  if (data.has_test()) check_range("data.test", *data.mutable_test());

  if (proto.model().architecture_case() != v1::ModelSpec::ARCHITECTURE_NOT_SET) return;
  add("model", "missing, must have an architecture, such as mlp or gpt");
  proto.mutable_model()->mutable_mlp();
}

// Those that no line is to blame for come last.
void SortByLine(std::vector<FieldProblem>& problems) {
  std::ranges::stable_sort(problems, {}, [](const FieldProblem& problem) {
    return problem.line > 0 ? problem.line : std::numeric_limits<int>::max();
  });
}

JobFile Check(v1::JobSpec proto, FillReport report, std::vector<FieldProblem> problems) {
  CheckShape(proto, report);
  // Exactly one of them is wanted, so a fault in one makes the absence of the other meaningless.
  if (report.IsFaulty("steps")) report.faulty.insert("epochs");
  JobFile file;
  Append(problems, std::move(report.problems));
  if (Result<JobSpec> spec = FromProto(proto); spec.ok()) {
    file.spec = WithDefaults(std::move(spec).value());
    for (const Violation& violation : ValidateJobSpec(file.spec))
      if (!report.IsFaulty(Locate(report.places, violation.field).field))
        problems.push_back(Describe(report.places, violation));
  } else {
    problems.push_back({0, "", spec.status().message()});
  }
  file.problems = std::move(problems);
  SortByLine(file.problems);
  file.places = std::move(report.places);
  return file;
}

JobFile Fill(YamlValue root, v1::JobSpec base, const std::vector<std::string>& overrides) {
  std::vector<FieldProblem> problems;
  for (const std::string& argument : overrides) Append(problems, ApplyOverride(argument, root));
  FillReport report = FillFromYaml(root, base);
  return Check(std::move(base), std::move(report), std::move(problems));
}

}  // namespace

JobFile ReadJobFile(std::string_view text, const std::vector<std::string>& overrides) {
  JobFile refused;
  if (const auto problem = RefuseText(text, {})) {
    refused.problems = {*problem};
    return refused;
  }
  Yaml yaml = ParseYaml(text, "");
  if (!yaml.problems.empty()) {
    refused.problems = std::move(yaml.problems);
    return refused;
  }
  return Fill(std::move(yaml.root), {}, overrides);
}

JobFile OverrideJobSpec(const JobSpec& base, const std::vector<std::string>& overrides) {
  return Fill({.kind = YamlValue::Kind::kMapping}, ToProto(base), overrides);
}

FieldProblem LocateViolation(const JobFile& file, const Violation& violation) {
  return Describe(file.places, violation);
}

void AddViolation(JobFile& file, const Violation& violation) {
  file.problems.push_back(LocateViolation(file, violation));
  SortByLine(file.problems);
}

std::string FormatProblems(const std::vector<FieldProblem>& problems, std::string_view subject) {
  constexpr std::size_t kShownMax = 100;
  const std::size_t shown = std::min(problems.size(), kShownMax);
  int line_max = 0;
  std::size_t place_width = 0;
  for (std::size_t i = 0; i < shown; ++i) {
    line_max = std::max(line_max, problems[i].line);
    if (problems[i].line > 0) place_width = std::max(place_width, problems[i].place.size());
  }
  const std::size_t digits = fmt::to_string(line_max).size();
  std::string text = fmt::format("error: {} problem{} in {}\n", problems.size(),
                                 problems.size() == 1 ? "" : "s", subject);
  for (std::size_t i = 0; i < shown; ++i) {
    const FieldProblem& problem = problems[i];
    const std::string line =
        problem.line > 0 ? fmt::format("line {:>{}}  ", problem.line, digits) : "";
    const std::string place =
        problem.place.empty() ? "" : fmt::format("{:<{}}  ", problem.place, place_width);
    text += fmt::format("  {}{}{}\n", line, place, problem.message);
  }
  if (shown < problems.size()) text += fmt::format("  and {} more\n", problems.size() - shown);
  return text;
}

}  // namespace descent
