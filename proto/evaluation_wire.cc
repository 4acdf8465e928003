#include "proto/evaluation_wire.h"

#include "proto/enum_wire.h"

namespace descent {
namespace {

v1::EvaluationMetric ToProto(EvaluationMetric metric) {
  switch (metric) {
    case EvaluationMetric::kLoss:
      return v1::EVALUATION_METRIC_LOSS;
    case EvaluationMetric::kAccuracy:
      return v1::EVALUATION_METRIC_ACCURACY;
    case EvaluationMetric::kTopFiveAccuracy:
      return v1::EVALUATION_METRIC_TOP5_ACCURACY;
    case EvaluationMetric::kPerplexity:
      return v1::EVALUATION_METRIC_PERPLEXITY;
    case EvaluationMetric::kMeanAbsoluteError:
      return v1::EVALUATION_METRIC_MAE;
    case EvaluationMetric::kRootMeanSquaredError:
      return v1::EVALUATION_METRIC_RMSE;
  }
  return v1::EVALUATION_METRIC_UNSPECIFIED;
}

Result<EvaluationMetric> FromProto(v1::EvaluationMetric metric, const std::string& field) {
  switch (metric) {
    case v1::EVALUATION_METRIC_UNSPECIFIED:
    case v1::EVALUATION_METRIC_LOSS:
      return EvaluationMetric::kLoss;
    case v1::EVALUATION_METRIC_ACCURACY:
      return EvaluationMetric::kAccuracy;
    case v1::EVALUATION_METRIC_TOP5_ACCURACY:
      return EvaluationMetric::kTopFiveAccuracy;
    case v1::EVALUATION_METRIC_PERPLEXITY:
      return EvaluationMetric::kPerplexity;
    case v1::EVALUATION_METRIC_MAE:
      return EvaluationMetric::kMeanAbsoluteError;
    case v1::EVALUATION_METRIC_RMSE:
      return EvaluationMetric::kRootMeanSquaredError;
    default:
      return UnknownEnum(field, metric);
  }
}

}  // namespace

void SetValues(const EvaluationValues& values, MetricMap& proto) {
  for (const auto& [metric, value] : values) proto[std::string(MetricName(metric))] = value;
}

Result<EvaluationValues> ValuesFromProto(const MetricMap& proto) {
  EvaluationValues values;
  for (const auto& [name, value] : proto) {
    const std::optional<EvaluationMetric> metric = MetricFromName(name);
    if (!metric)
      return Status(Code::kInvalidArgument, "unknown metric \"" + name + "\" of an evaluation");
    values[*metric] = value;
  }
  return values;
}

void SetEvaluation(const JobSpec& spec, v1::JobSpec& proto) {
  proto.mutable_evaluate()->set_every_steps(spec.evaluate.every_steps);
  proto.mutable_evaluate()->set_every_epochs(spec.evaluate.every_epochs);
  if (spec.evaluate.samples > 0) proto.mutable_evaluate()->set_samples(spec.evaluate.samples);
  proto.mutable_checkpoint()->mutable_best()->set_metric(ToProto(spec.checkpoint.best_metric));
  if (!spec.early_stopping) return;
  v1::EarlyStoppingSpec& stopping = *proto.mutable_early_stopping();
  stopping.set_metric(ToProto(spec.early_stopping->metric));
  stopping.set_patience(spec.early_stopping->patience);
  stopping.set_min_delta(spec.early_stopping->min_delta);
}

Status SetEvaluation(const v1::JobSpec& proto, JobSpec& spec) {
  spec.evaluate.every_steps = proto.evaluate().every_steps();
  spec.evaluate.every_epochs = proto.evaluate().every_epochs();
  spec.evaluate.samples = proto.evaluate().samples();
  DESCENT_ASSIGN(spec.checkpoint.best_metric,
                 FromProto(proto.checkpoint().best().metric(), "checkpoint.best.metric"));
  if (!proto.has_early_stopping()) return Status();
  const v1::EarlyStoppingSpec& stopping = proto.early_stopping();
  spec.early_stopping.emplace();
  DESCENT_ASSIGN(spec.early_stopping->metric,
                 FromProto(stopping.metric(), "early_stopping.metric"));
  spec.early_stopping->patience = stopping.patience();
  spec.early_stopping->min_delta = stopping.min_delta();
  return Status();
}

}  // namespace descent
