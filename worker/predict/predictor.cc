#include "worker/predict/predictor.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "worker/checkpoint/checkpoint_reader.h"
#include "worker/collective/in_process_collective.h"
#include "worker/data/sample_buffer.h"
#include "worker/models/loss.h"
#include "worker/train/evaluator.h"
#include "worker/train/load_parameters.h"
#include "worker/train/prediction.h"

namespace descent {

Result<Predictor> Predictor::Create(const std::filesystem::path& checkpoint, ThreadPool& pool) {
  DESCENT_ASSIGN(ModelDescription description, ReadModelDescription(checkpoint));
  if (description.format.token_count > 0)
    return Status(Code::kFailedPrecondition,
                  checkpoint.string() +
                      ": its model continues texts, as `descent generate` does; must be one of "
                      "features");
  DESCENT_ASSIGN(PlanCache plans, PlanCache::Create(description.model, description.format, pool));
  DESCENT_RETURN_IF_ERROR(CheckParametersFit(checkpoint, plans.layout()));
  Predictor predictor(std::move(description), std::move(plans));
  DESCENT_RETURN_IF_ERROR(
      LoadParameters(checkpoint, predictor.plans_.layout(), predictor.parameters_.span()));
  return predictor;
}

Predictor::Predictor(ModelDescription description, PlanCache plans)
    : description_(std::move(description)),
      plans_(std::move(plans)),
      parameters_(plans_.layout().element_count) {}

std::int64_t Predictor::value_count() const {
  const SampleFormat& format = description_.format;
  return format.target_count > 0 ? format.target_count : format.class_count;
}

Result<std::vector<double>> Predictor::Predict(const Dataset& dataset, IndexRange samples) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(samples.size()));
  std::iota(indices.begin(), indices.end(), samples.first);
  SampleBuffer buffer(dataset.format(), samples.size());
  buffer.Fill(dataset, indices);
  DESCENT_ASSIGN(const std::int64_t outputs, OutputCount(description_.model, description_.format));
  std::vector<float> logits(indices.size() * static_cast<std::size_t>(outputs));
  DESCENT_ASSIGN(Plan* const plan, plans_.PlanFor(PlanKind::kPredict, samples.size()));
  plan->Run(PlanRun{.features = buffer.features(),
                    .tokens = {},
                    .labels = {},
                    .parameters = parameters_.span(),
                    .gradients = {},
                    .losses = {},
                    .correct = {},
                    .logits = logits,
                    .on_bucket_ready = {}});
  std::vector<double> values;
  for (std::size_t row = 0; row < indices.size(); ++row) {
    const auto of_row = std::span<const float>(logits).subspan(
        row * static_cast<std::size_t>(outputs), static_cast<std::size_t>(outputs));
    const std::vector<double> said = description_.format.target_count > 0
                                         ? PredictedNumbers(description_.model.loss, of_row)
                                         : ClassProbabilities(description_.model.loss, of_row);
    values.insert(values.end(), said.begin(), said.end());
  }
  return values;
}

Result<EvaluationValues> Predictor::Evaluate(const Dataset& dataset) {
  InProcessGroup alone(1);
  const std::unique_ptr<Collective> collective = MakeInProcessCollective(alone, 0);
  return descent::Evaluate(dataset, parameters_.span(), plans_, *collective);
}

}  // namespace descent
