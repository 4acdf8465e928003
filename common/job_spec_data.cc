#include "common/job_spec_data.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/check.h"
#include "common/job_spec_images.h"
#include "common/job_spec_table.h"
#include "common/job_spec_vocabulary.h"
#include "common/limits.h"

namespace descent {
namespace {

constexpr std::size_t kPathLengthMax = 4096;

// What a model learns from.
enum class Content { kFeatures, kTokens };

// Fields of a split that belong to some formats.
enum Fields : unsigned {
  kNoFields = 0,
  kRange = 1,
  kFraction = 2,
  kStride = 4,
  kFeatures = 8,
  kLabels = 16,  // and targets
  kSamples = 32,
};

void CheckRange(const std::string& field, const DatasetSpec& dataset, SpecChecker& checker) {
  if (!dataset.range) return;
  checker.Require(dataset.range->first >= 0 && dataset.range->first < dataset.range->last,
                  field + ".range",
                  fmt::format("[{}, {}]", dataset.range->first, dataset.range->last),
                  "[first, last] with 0 <= first < last; last itself is not read");
}

void CheckText(const std::string& field, const DatasetSpec& dataset, SpecChecker& checker) {
  checker.RequireInRange(field + ".stride", dataset.stride, 1, limits::kContextLengthMax);
  if (!dataset.fraction) return;
  const auto [first, last] = *dataset.fraction;
  checker.Require(first >= 0 && first < last && last <= 1, field + ".fraction",
                  fmt::format("[{}, {}]", first, last),
                  "[first, last] with 0 <= first < last <= 1");
}

void CheckArrays(const std::string& field, const DatasetSpec& dataset, SpecChecker& checker) {
  const bool has_labels = !dataset.labels.empty();
  checker.Require(has_labels != !dataset.targets.empty(), field,
                  has_labels ? "labels and targets" : "neither labels nor targets",
                  "one of them: the array of classes, or that of numbers to predict");
  checker.Require(dataset.format != DataFormat::kNpz || !dataset.features.empty(),
                  field + ".features", "\"\"", "the name of an array in the file");
}

void CheckSamples(const std::string& field, const DatasetSpec& dataset, SpecChecker& checker) {
  checker.RequireInRange(field + ".samples", dataset.samples, 1, limits::kSamplesMax);
}

void CheckNothing(const std::string&, const DatasetSpec&, SpecChecker&) {}

// What a format is to a job file. `check` sees one split, of which path and foreign fields are
// checked already.
struct FormatRule {
  DataFormat format;
  std::string_view name;
  Content content;
  unsigned fields;
  std::string_view path;  // what a path must be; empty: there is none
  void (*check)(const std::string& field, const DatasetSpec& dataset, SpecChecker& checker);
};

constexpr std::array kFormats = {
    FormatRule{DataFormat::kIdx, "idx", Content::kFeatures, kRange,
               "the path of a dataset without its -images-idx3-ubyte ending", CheckRange},
    FormatRule{DataFormat::kText, "text", Content::kTokens, kFraction | kStride,
               "the path of a text, or a pattern such as texts/*.txt", CheckText},
    FormatRule{DataFormat::kTokens, "tokens", Content::kTokens, kFraction | kStride,
               "the path of a token file, or a pattern such as texts/*.bin", CheckText},
    FormatRule{DataFormat::kImages, "images", Content::kFeatures, kRange,
               "the path of a folder that has a folder for each class", CheckRange},
    FormatRule{DataFormat::kCifar10, "cifar10", Content::kFeatures, kRange,
               "the path of a file, or a pattern such as data_batch_*.bin", CheckRange},
    FormatRule{DataFormat::kCifar100, "cifar100", Content::kFeatures, kRange,
               "the path of a file such as train.bin", CheckRange},
    FormatRule{DataFormat::kCsv, "csv", Content::kFeatures, kNoFields, "the path of a file",
               CheckNothing},
    FormatRule{DataFormat::kTsv, "tsv", Content::kFeatures, kNoFields, "the path of a file",
               CheckNothing},
    FormatRule{DataFormat::kNpy, "npy", Content::kFeatures, kLabels, "the path of a file",
               CheckArrays},
    FormatRule{DataFormat::kNpz, "npz", Content::kFeatures, kFeatures | kLabels,
               "the path of a file", CheckArrays},
    FormatRule{DataFormat::kSynthetic, "synthetic", Content::kFeatures, kSamples, "", CheckSamples},
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

std::string FormatsWith(Fields fields) {
  std::vector<std::string_view> names;
  for (const FormatRule& rule : kFormats)
    if ((rule.fields & fields) != 0) names.push_back(rule.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

void CheckForeignFields(const std::string& field, const DatasetSpec& dataset, unsigned fields,
                        SpecChecker& checker) {
  const auto check = [&](Fields owner, bool is_given, const char* name) {
    checker.Require((fields & owner) != 0 || !is_given, field + "." + name, "given",
                    fmt::format("absent, as it is of {}", FormatsWith(owner)));
  };
  check(kRange, dataset.range.has_value(), "range");
  check(kFraction, dataset.fraction.has_value(), "fraction");
  check(kStride, dataset.stride != 0, "stride");
  check(kFeatures, !dataset.features.empty(), "features");
  check(kLabels, !dataset.labels.empty(), "labels");
  check(kLabels, !dataset.targets.empty(), "targets");
  check(kSamples, dataset.samples != 0, "samples");
}

void CheckDataset(const std::string& field, const DatasetSpec& dataset, Content wanted,
                  SpecChecker& checker) {
  const FormatRule& rule = RuleOf(dataset.format);
  if (rule.path.empty()) {
    checker.Require(dataset.path.empty(), field + ".path", Quoted(dataset.path),
                    fmt::format("absent, as {} reads no files", rule.name));
  } else {
    const bool is_path = !dataset.path.empty() && dataset.path.size() <= kPathLengthMax &&
                         dataset.path.find('\0') == std::string::npos;
    checker.Require(is_path, field + ".path", Quoted(dataset.path), rule.path);
  }
  checker.Require(
      rule.content == wanted, field + ".format", rule.name,
      wanted == Content::kTokens
          ? fmt::format("{}, which model.gpt learns from", FormatsOf(wanted))
          : fmt::format("one of {}, as the model learns from features", FormatsOf(wanted)));
  if (rule.content != wanted) return;
  CheckForeignFields(field, dataset, rule.fields, checker);
  rule.check(field, dataset, checker);
}

// A split that is taken out of the training set has a part of it, and nothing else.
void CheckTakenOut(const std::string& field, const DatasetSpec& dataset, Content content,
                   SpecChecker& checker) {
  checker.RequireNumber(dataset.train_fraction > 0 && dataset.train_fraction < 1,
                        field + ".train_fraction", dataset.train_fraction,
                        "above 0 and below 1: a part of the training set");
  checker.Require(content == Content::kFeatures, field + ".train_fraction", "given",
                  "absent, as parts of a text are fractions of its tokens");
  checker.Require(dataset.path.empty(), field + ".path", Quoted(dataset.path),
                  "absent beside train_fraction");
  CheckForeignFields(field, dataset, kNoFields, checker);
}

void CheckSplit(const std::string& field, const std::optional<DatasetSpec>& dataset,
                const DatasetSpec& train, Content wanted, SpecChecker& checker) {
  if (!dataset) return;
  if (dataset->train_fraction != 0) return CheckTakenOut(field, *dataset, wanted, checker);
  CheckDataset(field, *dataset, wanted, checker);
  const bool is_comparable =
      RuleOf(train.format).content == wanted && RuleOf(dataset->format).content == wanted;
  checker.Require(!is_comparable || dataset->format == train.format, field + ".format",
                  RuleOf(dataset->format).name,
                  fmt::format("{}, like data.train", RuleOf(train.format).name));
}

void CheckSplits(const DataSpec& data, Content wanted, SpecChecker& checker) {
  CheckDataset("data.train", data.train, wanted, checker);
  checker.Require(data.train.train_fraction == 0, "data.train.train_fraction", "given",
                  "absent, as it is of validation and test");
  CheckSplit("data.validation", data.validation, data.train, wanted, checker);
  CheckSplit("data.test", data.test, data.train, wanted, checker);
  const double taken = (data.validation ? data.validation->train_fraction : 0.0) +
                       (data.test ? data.test->train_fraction : 0.0);
  checker.Require(!data.test || taken < 1, "data.test.train_fraction",
                  fmt::format("{} with that of validation", taken), "below 1 together");
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

Result<DataFormat> FileFormatFromName(std::string_view name) {
  std::vector<std::string_view> names;
  for (const FormatRule& rule : kFormats) {
    if (rule.content != Content::kFeatures || rule.path.empty()) continue;
    if (rule.name == name) return rule.format;
    names.push_back(rule.name);
  }
  return Status(
      Code::kInvalidArgument,
      fmt::format("{}, must be one of {}", Quoted(std::string(name)), fmt::join(names, ", ")));
}

void CheckData(const JobSpec& spec, SpecChecker& checker) {
  const DataSpec& data = spec.data;
  const bool is_gpt = std::holds_alternative<GptSpec>(spec.model.architecture);
  const Content wanted = is_gpt ? Content::kTokens : Content::kFeatures;
  CheckSplits(data, wanted, checker);
  CheckImages(data, checker);
  CheckVocabulary(data, checker);
  const DataFormat format = data.train.format;
  if (format == DataFormat::kCsv || format == DataFormat::kTsv) CheckTable(data.table, checker);
  if (format == DataFormat::kSynthetic) CheckSynthetic(data.synthetic, checker);
  checker.RequireInRange("data.shuffle_block", data.shuffle.block, 1, limits::kSamplesMax);
  CheckTrainRange(spec, checker);
}

}  // namespace descent
