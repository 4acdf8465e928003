#include "worker/train/evaluator.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "common/counted_answers.h"
#include "common/shard_planner.h"
#include "worker/data/sample_buffer.h"
#include "worker/optim/deterministic_math.h"
#include "worker/train/prediction.h"

namespace descent {
namespace {

// A block of texts has about as many tokens as keep a machine busy, and no more logits than that.
constexpr std::int64_t kBlockImages = 256;
constexpr std::int64_t kBlockTokens = 2048;

struct BlockSum {
  std::int64_t counted_answers = 0;
  double loss = 0;
  double correct = 0;
  double top_five = 0;
  double absolute_errors = 0;  // over all numbers of all samples
  double squared_errors = 0;
};

bool Has(const SampleFormat& format, EvaluationMetric metric) {
  return std::ranges::count(MetricsOf(format), metric) > 0;
}

Result<BlockSum> EvaluateBlock(const Dataset& dataset, IndexRange block,
                               std::span<const float> parameters, PlanCache& plans) {
  const auto rows = static_cast<std::size_t>(block.size());
  std::vector<std::int64_t> samples(rows);
  std::iota(samples.begin(), samples.end(), block.first);
  SampleBuffer buffer(dataset.format(), block.size());
  buffer.Fill(dataset, samples);

  std::vector<float> losses(rows);
  std::vector<float> correct(Has(dataset.format(), EvaluationMetric::kAccuracy) ? rows : 0);
  const bool has_top_five = Has(dataset.format(), EvaluationMetric::kTopFiveAccuracy);
  std::vector<float> top_five(has_top_five ? rows : 0);
  std::vector<float> outputs(buffer.targets().size());
  DESCENT_ASSIGN(Plan* const plan, plans.PlanFor(PlanKind::kEvaluate, block.size()));
  plan->Run(PlanRun{.features = buffer.features(),
                    .tokens = buffer.tokens(),
                    .labels = buffer.labels(),
                    .targets = buffer.targets(),
                    .parameters = parameters,
                    .gradients = {},
                    .losses = losses,
                    .correct = correct,
                    .top_five = top_five,
                    .logits = outputs,
                    .on_bucket_ready = {}});
  BlockSum sum{.counted_answers = CountAnswers(buffer.labels(), block.size()),
               .loss = std::accumulate(losses.begin(), losses.end(), 0.0),
               .correct = std::accumulate(correct.begin(), correct.end(), 0.0),
               .top_five = std::accumulate(top_five.begin(), top_five.end(), 0.0)};
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const double error =
        PredictedNumber(plans.model().loss, outputs[i]) - double{buffer.targets()[i]};
    sum.absolute_errors += std::abs(error);
    sum.squared_errors += error * error;
  }
  return sum;
}

EvaluationValues ValuesOf(const BlockSum& total, const SampleFormat& format) {
  const double samples = CountedSamples(total.counted_answers, format);
  const double loss = total.loss / samples;
  const double numbers = samples * static_cast<double>(format.target_count);
  EvaluationValues values;
  for (const EvaluationMetric metric : MetricsOf(format)) switch (metric) {
      case EvaluationMetric::kLoss:
        values[metric] = loss;
        break;
      case EvaluationMetric::kAccuracy:
        values[metric] = total.correct / samples;
        break;
      case EvaluationMetric::kTopFiveAccuracy:
        values[metric] = total.top_five / samples;
        break;
      case EvaluationMetric::kPerplexity:
        values[metric] = Exponential(loss);
        break;
      case EvaluationMetric::kMeanAbsoluteError:
        values[metric] = total.absolute_errors / numbers;
        break;
      case EvaluationMetric::kRootMeanSquaredError:
        values[metric] = std::sqrt(total.squared_errors / numbers);
        break;
    }
  return values;
}

}  // namespace

std::int64_t EvaluationBlockSize(const SampleFormat& format) {
  if (format.token_count == 0) return kBlockImages;
  return std::max<std::int64_t>(1, kBlockTokens / format.token_count);
}

std::vector<EvaluationMetric> MetricsOf(const SampleFormat& format) {
  if (format.target_count > 0)
    return {EvaluationMetric::kLoss, EvaluationMetric::kMeanAbsoluteError,
            EvaluationMetric::kRootMeanSquaredError};
  std::vector<EvaluationMetric> metrics = {EvaluationMetric::kLoss, EvaluationMetric::kAccuracy};
  if (format.class_count > 5) metrics.push_back(EvaluationMetric::kTopFiveAccuracy);
  if (format.token_count > 0) metrics.push_back(EvaluationMetric::kPerplexity);
  return metrics;
}

Status CheckMetrics(const JobSpec& spec, const SampleFormat& format) {
  std::string names;
  for (const EvaluationMetric metric : MetricsOf(format))
    names += (names.empty() ? "" : ", ") + std::string(MetricName(metric));
  const auto check = [&](const char* field, EvaluationMetric metric) {
    if (Has(format, metric)) return Status();
    return Status(Code::kInvalidArgument, std::string(field) + ": " +
                                              std::string(MetricName(metric)) +
                                              ", must be one that these data have: " + names);
  };
  DESCENT_RETURN_IF_ERROR(check("checkpoint.best.metric", spec.checkpoint.best_metric));
  if (!spec.early_stopping) return Status();
  return check("early_stopping.metric", spec.early_stopping->metric);
}

Result<EvaluationValues> Evaluate(const Dataset& dataset, std::span<const float> parameters,
                                  PlanCache& plans, Collective& collective,
                                  const std::function<void()>& on_block) {
  const std::int64_t sample_count = dataset.sample_count();
  const std::int64_t block_size = EvaluationBlockSize(dataset.format());
  const std::int64_t block_count = (sample_count + block_size - 1) / block_size;
  const int world_size = collective.world_size();
  const IndexRange mine = PartOf(block_count, world_size, collective.rank());

  // Every rank's record is as long as the longest.
  const auto record_size = static_cast<std::size_t>((block_count + world_size - 1) / world_size);
  std::vector<BlockSum> my_sums(record_size);
  for (std::int64_t block = mine.first; block < mine.last; ++block) {
    DESCENT_ASSIGN(my_sums[static_cast<std::size_t>(block - mine.first)],
                   EvaluateBlock(dataset,
                                 {.first = block * block_size,
                                  .last = std::min(sample_count, (block + 1) * block_size)},
                                 parameters, plans));
    if (on_block) on_block();
  }
  std::vector<BlockSum> sums(record_size * static_cast<std::size_t>(world_size));
  DESCENT_RETURN_IF_ERROR(collective.AllGather(std::as_bytes(std::span(my_sums)),
                                               std::as_writable_bytes(std::span(sums))));

  BlockSum total;
  for (int rank = 0; rank < world_size; ++rank)
    for (std::int64_t i = 0; i < PartOf(block_count, world_size, rank).size(); ++i) {
      const BlockSum& sum =
          sums[static_cast<std::size_t>(rank) * record_size + static_cast<std::size_t>(i)];
      total.counted_answers += sum.counted_answers;
      total.loss += sum.loss;
      total.correct += sum.correct;
      total.top_five += sum.top_five;
      total.absolute_errors += sum.absolute_errors;
      total.squared_errors += sum.squared_errors;
    }
  return ValuesOf(total, dataset.format());
}

}  // namespace descent
