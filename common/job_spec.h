#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/activation_checkpointing.h"
#include "common/convnet_spec.h"
#include "common/data_spec.h"
#include "common/evaluation.h"
#include "common/gpt_spec.h"
#include "common/layers_spec.h"
#include "common/lr_schedule_spec.h"
#include "common/nonfinite_spec.h"
#include "common/optimizer_spec.h"
#include "common/precision.h"
#include "common/reduction.h"
#include "common/resnet_spec.h"
#include "common/shard_planner.h"

namespace descent {

class SpecChecker;

// A job as its author wrote it, with defaults filled in. Field names and meanings are those of
// proto/descent/v1/job_spec.proto, which is the schema of the job file as well.

enum class Loss { kCrossEntropy, kBinaryCrossEntropy, kMse, kHuber };
enum class CollectiveKind { kAuto, kMpi, kSharedMemory };
enum class UpdateKind { kReplicated, kSharded };

struct MlpSpec {
  std::vector<std::int64_t> hidden_sizes;
  Activation activation = Activation::kRelu;
  double dropout = 0.0;  // probability of zero, in [0, 1)
};

// One linear layer, which learns numbers, or classes. The sizes come from the data.
struct LinearRegressionSpec {};
struct LogisticRegressionSpec {};

// How parameters start: as PyTorch's layers do, as GPT-2's weights did, or at zero.
enum class Initializer { kPytorch, kGpt2, kZeros };

struct ModelSpec {
  std::variant<MlpSpec, GptSpec, LinearRegressionSpec, LogisticRegressionSpec, LayersSpec,
               ConvnetSpec, ResnetSpec>
      architecture;
  std::optional<Initializer> init;  // absent: gpt2 of a gpt, else pytorch
  Loss loss = Loss::kCrossEntropy;
  double huber_delta = 0.0;      // of huber, above 0; 0: chosen by default
  double label_smoothing = 0.0;  // of cross_entropy, in [0, 1): of training alone
  // Of cross_entropy: labels of this value count for nothing; absent: all labels count.
  std::optional<std::int64_t> ignore_index;
  ActivationCheckpointing activation_checkpointing = ActivationCheckpointing::kNone;
  Precision precision = Precision::kFloat32;
};

// As batch.global: a step has the whole training set, which is full-batch gradient descent.
inline constexpr std::int64_t kAllSamples = -1;

struct BatchSpec {
  std::int64_t global = 0;           // samples of a step, or kAllSamples: the knob that matters
  std::int64_t micro = 0;            // samples of one forward and backward; 0: chosen by default
  std::int64_t logical_workers = 0;  // V of docs/numerics.md; 0: chosen by default
  EpochTail tail = EpochTail::kDrop;
};

struct EvaluateSpec {
  std::int64_t every_steps = 0;  // 0 and every_epochs 0: only after the last step
  std::int64_t every_epochs = 0;
  std::int64_t samples = 0;  // at most so many of the validation split, always the same; 0: all
};

struct CheckpointSpec {
  std::int64_t every_steps = 0;                            // 0: only after the last step
  std::int64_t keep_last = 2;                              // >= 1
  EvaluationMetric best_metric = EvaluationMetric::kLoss;  // of the validation split
};

// Ends the job once `patience` evaluations in a row were not better than the best by more than
// min_delta.
struct EarlyStoppingSpec {
  EvaluationMetric metric = EvaluationMetric::kLoss;
  std::int64_t patience = 0;  // >= 1
  double min_delta = 0.0;
};

// When a job that has ended is forgotten, and what becomes of its checkpoints then.
struct RetentionSpec {
  // After the end of one that SUCCEEDED; one that FAILED or was CANCELLED stays twice as long.
  // 0: for ever; absent: as long as the coordinator keeps jobs.
  std::optional<std::int64_t> days;
  bool deletes_checkpoints = false;

  bool operator==(const RetentionSpec&) const = default;
};

struct WorkersSpec {
  int min = 1;
  int max = 0;      // 0: the default, max(min, 1)
  int threads = 1;  // compute threads of each worker
};

struct JobSpec {
  std::string name;
  ModelSpec model;
  DataSpec data;
  BatchSpec batch;
  std::int64_t epochs = 0;  // exactly one of epochs and steps is positive
  std::int64_t steps = 0;
  std::int64_t stop_at_step = 0;  // end early after this step, schedules unchanged; 0: do not
  std::uint64_t seed = 0;
  OptimizerSpec optimizer;
  std::optional<EmaSpec> ema;  // absent: the weights themselves are evaluated
  LrScheduleSpec lr_schedule;
  EvaluateSpec evaluate;
  CheckpointSpec checkpoint;
  std::optional<EarlyStoppingSpec> early_stopping;
  NonfiniteSpec nonfinite;  // what follows a step whose loss or gradient is not finite
  WorkersSpec workers;
  CollectiveKind collective = CollectiveKind::kAuto;  // how gradients travel; not what they add to
  ReductionKind reduction = ReductionKind::kReproducible;
  UpdateKind update = UpdateKind::kReplicated;  // who applies the update; the same bits
  int restarts_max = 5;  // consecutive attempts without a newly committed step
  // Steps after which the ranks compare their states, again and again; 0: only where they save.
  std::int64_t verify_every = 0;
  std::int64_t start_timeout_seconds = 0;  // 0: as long as the coordinator gives every start
  std::int64_t deadline_seconds = 0;       // of its active time; 0: none
  RetentionSpec retention;
};

// One thing wrong with a spec: the field by its path in the job file ("batch.global"), what was
// found and what was wanted.
struct Violation {
  std::string field;
  std::string message;

  bool operator==(const Violation&) const = default;
};

// Fills in workers.max, batch.logical_workers, batch.micro, a text's stride, model.huber_delta and
// the sizes of model.gpt where they are 0. Idempotent.
//   workers.max      max(1, workers.min)
//   logical_workers  the smallest power of two >= workers.max
//   micro            the largest logical worker's part of a full batch; of kAllSamples, which may
//                    not fit into memory at once, 256 samples, of texts about 2048 tokens
//   stride           the context length, so that samples do not overlap
//   huber_delta      1, where the loss is huber
//   sizes of a gpt   those of its preset
JobSpec WithDefaults(JobSpec spec);

// Everything wrong with a spec that the spec alone can tell, all at once; empty if it is valid.
// Call it on the result of WithDefaults.
std::vector<Violation> ValidateJobSpec(const JobSpec& spec);

// The part of it that is about the model.
void CheckModel(const ModelSpec& model, SpecChecker& checker);

// The violations of a valid spec that only the size of the training set shows: fewer samples than
// a batch, a stop or a warmup beyond the last step. Empty if the two fit.
std::vector<Violation> ValidateAgainstTrainingSet(const JobSpec& spec, std::int64_t train_samples);

// Samples of a full step: batch.global, or all.
std::int64_t GlobalBatchOf(const BatchSpec& batch, std::int64_t train_samples);

// The batch arithmetic of a valid spec that fits a training set of `train_samples`.
struct BatchArithmetic {
  std::int64_t steps_per_epoch = 0;
  std::int64_t total_steps = 0;  // what the schedules span
  std::int64_t last_step = 0;    // where the job ends: total_steps, or stop_at_step
};
BatchArithmetic ComputeBatchArithmetic(const JobSpec& spec, std::int64_t train_samples);

ShardPlan MakeShardPlan(const JobSpec& spec, std::int64_t train_samples);

}  // namespace descent
