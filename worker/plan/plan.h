#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/activation_checkpointing.h"
#include "common/precision.h"
#include "common/result.h"
#include "common/trace.h"
#include "worker/graph/graph.h"
#include "worker/plan/parameter_layout.h"

namespace descent {

class ThreadPool;
struct Program;

enum class PlanKind {
  kTrainWrite,       // forward and backward; gradients are written
  kTrainAccumulate,  // forward and backward; gradients are added to what is there
  kEvaluate,         // forward only, dropout off
  kPredict,          // the same, up to the logits
};

bool IsTraining(PlanKind kind);

// What one run of a plan reads and writes. B is the batch size the plan was compiled for; M labels
// are one for each sample, or one for each of its T tokens (see ModelPorts).
struct PlanRun {
  std::span<const float> features;       // [B, features of a sample]; empty where it has tokens
  std::span<const std::int32_t> tokens;  // [B, T]; empty where a sample has features
  std::span<const std::int32_t> labels;  // [M], in [0, classes); empty for kPredict
  // [B, K], in place of the labels where the model learns numbers; empty for kPredict.
  std::span<const float> targets = {};
  std::span<const float> parameters;  // [layout.element_count]
  std::span<float> gradients;         // [layout.element_count]; empty unless it trains
  std::span<float> losses;            // [B] out: each sample's loss; empty for kPredict
  // [B] out: the share of right labels; empty for kPredict and where the model learns numbers.
  std::span<float> correct;
  // [B] out: the share of labels among the five likeliest; only of kEvaluate, where the model has
  // more than five classes.
  std::span<float> top_five = {};
  // [M, classes] out, for kPredict; [B, K], also for kEvaluate, where the model learns numbers.
  std::span<float> logits;
  // Randomness is a function of (seed, step, position in the global batch, element).
  std::uint64_t seed = 0;
  std::int64_t step = 0;
  std::int64_t first_position = 0;  // of row 0 in the global batch
  // Called on the running thread once the last gradient of a bucket is written; buckets become
  // ready in ascending order. May be empty.
  std::function<void(int bucket)> on_bucket_ready;
  // Where each step's time is recorded, by its PlanStep; null: nowhere. Outlived by the plan.
  TraceTrack* trace = nullptr;
};

struct PlanOptions {
  ActivationCheckpointing checkpointing = ActivationCheckpointing::kNone;
  Precision precision = Precision::kFloat32;
};

// What one run costs, by arithmetic.
struct PlanCost {
  double flops = 0;
  double bytes_moved = 0;             // operands read and written, were nothing cached
  std::int64_t activation_bytes = 0;  // with what steps on bf16 widen to
};

// One step of a plan, by arithmetic.
struct PlanStep {
  std::string_view op;
  std::string text;  // "y[4, 8] = relu(x)"
  std::string
      layer;  // whose parameters it reads, or else whose results: "transformer.h.0.mlp.c_fc"
  double flops = 0;
  double bytes_moved = 0;  // operands read and written, were nothing cached; none of a view
};

// A model compiled for one batch size: a linear list of prepared steps over pre-planned memory,
// replayed with no allocation, no dispatch and no lock. Gradients are sums over samples, not means;
// padding in their arena is left alone. Equal inputs give equal bits for any number of threads and
// any alignment. One Run at a time.
class Plan {
 public:
  // Compiles a model whose ports are set. The pool outlives the plan. Checkpointing matters to
  // training alone, and changes no bit. kInvalidArgument: an op of the model has no kernel or no
  // gradient. kInternal: a library could not prepare its part.
  static Result<std::unique_ptr<Plan>> Compile(const Graph& model, const ParameterLayout& layout,
                                               PlanKind kind, ThreadPool& pool,
                                               PlanOptions options = {});
  ~Plan();

  void Run(const PlanRun& run);

  PlanCost cost() const;
  std::vector<PlanStep> steps() const;
  // By bucket: the step after which its gradients are written; empty unless it trains.
  std::span<const int> bucket_ready_after() const;
  // By slot of the layout: the step that writes the last of its gradient; empty unless it trains.
  std::span<const int> gradient_writers() const;
  // For people: totals, then one line a step with operands, places, FLOPs and bytes.
  std::string Describe() const;

 private:
  explicit Plan(std::unique_ptr<Program> program);

  const std::unique_ptr<Program> program_;
};

}  // namespace descent
