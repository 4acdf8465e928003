#include "worker/predict/predict.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "worker/data/sample_buffer.h"
#include "worker/kernels/usable_threads.h"
#include "worker/predict/dataset_for_model.h"
#include "worker/predict/npy_writer.h"
#include "worker/predict/prediction_csv.h"
#include "worker/predict/predictor.h"

namespace descent {
namespace {

constexpr std::int64_t kBlockRows = 256;

// A C stream that is closed with its errors seen.
class Output {
 public:
  explicit Output(const std::string& path)
      : path_(path), file_(path.empty() ? stdout : std::fopen(path.c_str(), "wb")) {}
  ~Output() {
    if (file_ != nullptr && file_ != stdout) std::fclose(file_);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  bool is_open() const { return file_ != nullptr; }
  void Write(std::string_view bytes) { std::fwrite(bytes.data(), 1, bytes.size(), file_); }

  // kUnavailable: some byte was not written.
  Status Finish() {
    const bool had_error = std::fflush(file_) != 0 || std::ferror(file_) != 0;
    const int reason = errno;
    if (!had_error) return Status();
    return Status(Code::kUnavailable, "cannot write " + (path_.empty() ? "to stdout" : path_) +
                                          ": " + std::strerror(reason));
  }

 private:
  const std::string path_;
  std::FILE* const file_;
};

std::string ValuesAsBytes(std::span<const double> values) {
  std::vector<float> numbers(values.begin(), values.end());
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float)};
}

class PredictionRun {
 public:
  PredictionRun(Predictor& predictor, const Dataset& dataset, bool is_npy, Output& output)
      : predictor_(predictor),
        dataset_(dataset),
        is_npy_(is_npy),
        csv_({.is_of_classes = predictor.description().format.target_count == 0,
              .value_count = predictor.value_count(),
              .class_names = ClassNamesOf(predictor.description()),
              .format = dataset.format()}),
        output_(output),
        answers_(dataset.format(), kBlockRows) {}

  Status WriteAll() {
    const std::int64_t count = dataset_.sample_count();
    output_.Write(is_npy_ ? NpyHeader(count, predictor_.value_count()) : csv_.Head());
    for (std::int64_t first = 0; first < count; first += kBlockRows)
      DESCENT_RETURN_IF_ERROR(
          WriteBlock({.first = first, .last = std::min(count, first + kBlockRows)}));
    return output_.Finish();
  }

 private:
  Status WriteBlock(IndexRange block) {
    DESCENT_ASSIGN(const std::vector<double> values, predictor_.Predict(dataset_, block));
    if (is_npy_) {
      output_.Write(ValuesAsBytes(values));
      return Status();
    }
    std::vector<std::int64_t> samples(static_cast<std::size_t>(block.size()));
    std::iota(samples.begin(), samples.end(), block.first);
    answers_.Fill(dataset_, samples);
    for (std::size_t row = 0; row < samples.size(); ++row)
      output_.Write(csv_.Line({.sample = samples[row],
                               .values = RowOf<const double>(values, row, samples.size()),
                               .labels = RowOf(answers_.labels(), row, samples.size()),
                               .targets = RowOf(answers_.targets(), row, samples.size())}));
    return Status();
  }

  template <typename T>
  static std::span<T> RowOf(std::span<T> values, std::size_t row, std::size_t rows) {
    return values.subspan(row * (values.size() / rows), values.size() / rows);
  }

  Predictor& predictor_;
  const Dataset& dataset_;
  const bool is_npy_;
  const PredictionCsv csv_;
  Output& output_;
  SampleBuffer answers_;
};

int Fail(int exit_status, const std::string& message) {
  std::fprintf(stderr, "error: %s\n", message.c_str());
  return exit_status;
}

std::string MetricsText(const EvaluationValues& values, std::int64_t samples) {
  std::string text = fmt::format("{} sample{}:", samples, samples == 1 ? "" : "s");
  for (const auto& [metric, value] : values)
    text += fmt::format("  {} {}", MetricName(metric), value);
  return text;
}

}  // namespace

int Predict(const PredictOptions& options) {
  const bool is_npy = options.output.ends_with(".npy");
  if (!options.output.empty() && !is_npy && !options.output.ends_with(".csv"))
    return Fail(2, "--output: " + options.output + ", must end in .csv or .npy");
  ThreadPool pool(UsableThreads());
  Result<Predictor> predictor = Predictor::Create(options.checkpoint, pool);
  if (!predictor.ok()) return Fail(1, predictor.status().message());
  const auto dataset = LoadForModel(predictor.value().description(), options.data);
  if (!dataset.ok())
    return Fail(dataset.status().code() == Code::kInvalidArgument ? 2 : 1,
                dataset.status().message());

  Output output(options.output);
  if (!output.is_open())
    return Fail(2, "cannot write " + options.output + ": " + std::strerror(errno));
  PredictionRun run(predictor.value(), *dataset.value(), is_npy, output);
  if (const Status status = run.WriteAll(); !status.ok()) return Fail(1, status.message());
  if (!HasAnswers(dataset.value()->format())) return 0;
  const auto values = predictor.value().Evaluate(*dataset.value());
  if (!values.ok()) return Fail(1, values.status().message());
  std::fprintf(stderr, "%s\n",
               MetricsText(values.value(), dataset.value()->sample_count()).c_str());
  return 0;
}

}  // namespace descent
