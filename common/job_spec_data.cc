#include "common/job_spec_data.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "common/check.h"
#include "common/limits.h"

namespace descent {
namespace {

constexpr std::size_t kPathLengthMax = 4096;

// What a model learns from.
enum class Content { kFeatures, kTokens };

void CheckIdx(const std::string& field, const DatasetSpec& dataset, SpecChecker& checker) {
  checker.Require(!dataset.fraction, field + ".fraction", "given",
                  "absent, as a part of an idx dataset is its range");
  checker.Require(dataset.stride == 0, field + ".stride", fmt::to_string(dataset.stride),
                  "absent, as it is of text");
  if (!dataset.range) return;
  checker.Require(dataset.range->first >= 0 && dataset.range->first < dataset.range->last,
                  field + ".range",
                  fmt::format("[{}, {}]", dataset.range->first, dataset.range->last),
                  "[first, last] with 0 <= first < last; last itself is not read");
}

void CheckText(const std::string& field, const DatasetSpec& dataset, SpecChecker& checker) {
  checker.Require(!dataset.range, field + ".range", "given",
                  "absent, as a part of a text is its fraction");
  checker.RequireInRange(field + ".stride", dataset.stride, 1, limits::kContextLengthMax);
  if (!dataset.fraction) return;
  const auto [first, last] = *dataset.fraction;
  checker.Require(first >= 0 && first < last && last <= 1, field + ".fraction",
                  fmt::format("[{}, {}]", first, last),
                  "[first, last] with 0 <= first < last <= 1");
}

// What a format is to a job file. `check` sees one split, whose path is checked already.
struct FormatRule {
  DataFormat format;
  std::string_view name;
  Content content;
  std::string_view path;  // what a path must be
  void (*check)(const std::string& field, const DatasetSpec& dataset, SpecChecker& checker);
};

constexpr std::array kFormats = {
    FormatRule{DataFormat::kIdx, "idx", Content::kFeatures,
               "the path of a dataset without its -images-idx3-ubyte ending", CheckIdx},
    FormatRule{DataFormat::kText, "text", Content::kTokens,
               "the path of a text, or a pattern such as texts/*.txt", CheckText},
};

const FormatRule& RuleOf(DataFormat format) {
  const auto rule = std::ranges::find(kFormats, format, &FormatRule::format);
  DESCENT_CHECK(rule != kFormats.end());
  return *rule;
}

std::string FormatsOf(Content content) {
  std::vector<std::string_view> names;
  for (const FormatRule& rule : kFormats)
    if (rule.content == content) names.push_back(rule.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

void CheckDataset(const std::string& field, const DatasetSpec& dataset, Content wanted,
                  SpecChecker& checker) {
  const FormatRule& rule = RuleOf(dataset.format);
  const bool is_path = !dataset.path.empty() && dataset.path.size() <= kPathLengthMax &&
                       dataset.path.find('\0') == std::string::npos;
  checker.Require(is_path, field + ".path", Quoted(dataset.path), rule.path);
  checker.Require(rule.content == wanted, field + ".format", rule.name,
                  fmt::format("{}, which {} learns from", FormatsOf(wanted),
                              wanted == Content::kTokens ? "model.gpt" : "model.mlp"));
  if (rule.content == wanted) rule.check(field, dataset, checker);
}

void CheckNormalize(const NormalizeSpec& normalize, SpecChecker& checker) {
  const auto check_count = [&](const char* field, std::size_t count) {
    checker.Require(count == 1, field, fmt::format("{} values", count),
                    "1 value, as the images have 1 channel");
  };
  check_count("data.normalize.mean", normalize.mean.size());
  check_count("data.normalize.std", normalize.std.size());
  for (const double mean : normalize.mean)
    checker.RequireNumber(std::isfinite(mean), "data.normalize.mean", mean, "finite");
  for (const double std : normalize.std)
    checker.RequireNumber(std > 0, "data.normalize.std", std, "above 0 and finite");
}

void CheckTrainRange(const JobSpec& spec, SpecChecker& checker) {
  const auto& range = spec.data.train.range;
  if (!range || range->first < 0 || range->first >= range->last) return;
  if (spec.batch.tail != EpochTail::kDrop || spec.batch.global < 1) return;
  checker.Require(
      range->size() >= spec.batch.global, "data.train.range",
      fmt::format("{} samples", range->size()),
      fmt::format("at least batch.global {} when the tail is dropped", spec.batch.global));
}

void SetStride(DatasetSpec& dataset, std::int64_t context_length) {
  if (dataset.format == DataFormat::kText && dataset.stride == 0) dataset.stride = context_length;
}

}  // namespace

void SetDataDefaults(JobSpec& spec) {
  const auto* gpt = std::get_if<GptSpec>(&spec.model.architecture);
  if (gpt == nullptr) return;
  SetStride(spec.data.train, gpt->context_length);
  if (spec.data.validation) SetStride(*spec.data.validation, gpt->context_length);
  if (spec.data.test) SetStride(*spec.data.test, gpt->context_length);
}

void CheckData(const JobSpec& spec, SpecChecker& checker) {
  const DataSpec& data = spec.data;
  const bool is_gpt = std::holds_alternative<GptSpec>(spec.model.architecture);
  const Content wanted = is_gpt ? Content::kTokens : Content::kFeatures;
  CheckDataset("data.train", data.train, wanted, checker);
  if (data.validation) CheckDataset("data.validation", *data.validation, wanted, checker);
  if (data.test) CheckDataset("data.test", *data.test, wanted, checker);
  CheckNormalize(data.normalize, checker);
  CheckTrainRange(spec, checker);
}

}  // namespace descent
