#include "common/job_spec_data.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "common/check.h"
#include "common/job_spec_images.h"
#include "common/job_spec_vocabulary.h"
#include "common/limits.h"

namespace descent {
namespace {

constexpr std::size_t kPathLengthMax = 4096;

// What a model learns from.
enum class Content { kFeatures, kTokens };

void CheckSamples(const std::string& field, const DatasetSpec& dataset, SpecChecker& checker) {
  checker.Require(!dataset.fraction, field + ".fraction", "given",
                  "absent, as a part of these samples is their range");
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
               "the path of a dataset without its -images-idx3-ubyte ending", CheckSamples},
    FormatRule{DataFormat::kText, "text", Content::kTokens,
               "the path of a text, or a pattern such as texts/*.txt", CheckText},
    FormatRule{DataFormat::kTokens, "tokens", Content::kTokens,
               "the path of a token file, or a pattern such as texts/*.bin", CheckText},
    FormatRule{DataFormat::kImages, "images", Content::kFeatures,
               "the path of a folder that has a folder for each class", CheckSamples},
    FormatRule{DataFormat::kCifar10, "cifar10", Content::kFeatures,
               "the path of a file, or a pattern such as data_batch_*.bin", CheckSamples},
    FormatRule{DataFormat::kCifar100, "cifar100", Content::kFeatures,
               "the path of a file such as train.bin", CheckSamples},
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
  const bool is_text = RuleOf(dataset.format).content == Content::kTokens;
  if (is_text && dataset.stride == 0) dataset.stride = context_length;
}

}  // namespace

void SetDataDefaults(JobSpec& spec) {
  SetImageDefaults(spec.data);
  SetVocabularyDefaults(spec.data);
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
  const auto check_other = [&](const std::string& field, const DatasetSpec& split) {
    CheckDataset(field, split, wanted, checker);
    if (RuleOf(split.format).content == wanted)
      checker.Require(split.format == data.train.format, field + ".format",
                      RuleOf(split.format).name,
                      fmt::format("{} like data.train", RuleOf(data.train.format).name));
  };
  if (data.validation) check_other("data.validation", *data.validation);
  if (data.test) check_other("data.test", *data.test);
  CheckImages(data, checker);
  CheckVocabulary(data, checker);
  CheckTrainRange(spec, checker);
}

}  // namespace descent
