#include "worker/plan/plan.h"

#include <iomanip>
#include <sstream>
#include <utility>

#include "worker/plan/program.h"

namespace descent {
namespace {

// Where each arena begins, in the order of the enum.
using Bases = std::array<std::byte*, kArenaCount>;

template <typename T>
std::byte* BaseOf(std::span<T> memory) {
  // Inputs are only ever read: their places are never a step's output.
  return reinterpret_cast<std::byte*>(const_cast<std::remove_const_t<T>*>(memory.data()));
}

void CheckSize(const Program& program, Arena arena, std::size_t size) {
  DESCENT_CHECK(size ==
                static_cast<std::size_t>(program.element_counts[static_cast<std::size_t>(arena)]));
}

Bases BasesOf(const Program& program, const PlanRun& run) {
  CheckSize(program, Arena::kFeatures, run.features.size());
  CheckSize(program, Arena::kTokens, run.tokens.size());
  CheckSize(program, Arena::kLabels, run.labels.size());
  CheckSize(program, Arena::kTargets, run.targets.size());
  CheckSize(program, Arena::kParameters, run.parameters.size());
  CheckSize(program, Arena::kGradients, run.gradients.size());
  CheckSize(program, Arena::kLosses, run.losses.size());
  CheckSize(program, Arena::kCorrect, run.correct.size());
  CheckSize(program, Arena::kTopFive, run.top_five.size());
  CheckSize(program, Arena::kLogits, run.logits.size());
  return {BaseOf(run.features),
          BaseOf(run.tokens),
          BaseOf(run.labels),
          BaseOf(run.targets),
          BaseOf(run.parameters),
          BaseOf(run.gradients),
          BaseOf(run.losses),
          BaseOf(run.correct),
          BaseOf(run.top_five),
          BaseOf(run.logits),
          BaseOf(program.activations.span())};
}

std::byte* AddressOf(const Place& place, const Bases& bases) {
  return bases[static_cast<std::size_t>(place.arena)] + 4 * place.offset;
}

void RunStep(ProgramStep& step, const Bases& bases, const PlanRun& run) {
  for (std::size_t i = 0; i < step.inputs.size(); ++i) {
    step.input_addresses[i] = AddressOf(step.inputs[i], bases);
  }
  for (std::size_t i = 0; i < step.outputs.size(); ++i) {
    step.output_addresses[i] = AddressOf(step.outputs[i], bases);
  }
  step.step->Run(
      {step.input_addresses, step.output_addresses, run.seed, run.step, run.first_position});
}

std::string_view NameOf(PlanKind kind) {
  switch (kind) {
    case PlanKind::kTrainWrite:
      return "train, gradients written";
    case PlanKind::kTrainAccumulate:
      return "train, gradients accumulated";
    case PlanKind::kEvaluate:
      return "evaluate";
    case PlanKind::kPredict:
      return "predict";
  }
  return "unknown";
}

std::string_view NameOf(Arena arena) {
  static constexpr std::array<std::string_view, kArenaCount> kNames = {
      "features", "tokens",  "labels",   "targets", "parameters", "gradients",
      "losses",   "correct", "top_five", "logits",  "activations"};
  return kNames[static_cast<std::size_t>(arena)];
}

void PrintStep(std::ostream& text, std::size_t number, const ProgramStep& step) {
  text << std::setw(3) << number << "  " << step.text << "  at";
  for (const Place& place : step.outputs) text << ' ' << NameOf(place.arena) << '+' << place.offset;
  text << "  " << step.flops * 1e-6 << " MFLOP  " << step.bytes_moved * 1e-6 << " MB\n";
}

}  // namespace

bool IsTraining(PlanKind kind) {
  return kind == PlanKind::kTrainWrite || kind == PlanKind::kTrainAccumulate;
}

Plan::Plan(std::unique_ptr<Program> program) : program_(std::move(program)) {}
Plan::~Plan() = default;

void Plan::Run(const PlanRun& run) {
  const Bases bases = BasesOf(*program_, run);
  const std::vector<int>& ready_after = program_->bucket_ready_after;
  std::size_t bucket = 0;
  for (std::size_t i = 0; i < program_->steps.size(); ++i) {
    {
      const TraceSpan span(run.trace, program_->steps[i].label);
      RunStep(program_->steps[i], bases, run);
    }
    for (; bucket < ready_after.size() && ready_after[bucket] == static_cast<int>(i); ++bucket) {
      if (run.on_bucket_ready) run.on_bucket_ready(static_cast<int>(bucket));
    }
  }
}

PlanCost Plan::cost() const {
  PlanCost cost;
  for (const ProgramStep& step : program_->steps) {
    cost.flops += step.flops;
    cost.bytes_moved += step.bytes_moved;
  }
  const auto activations = static_cast<std::size_t>(Arena::kActivations);
  cost.activation_bytes =
      4 * (program_->element_counts[activations] + program_->scratch.element_count());
  return cost;
}

std::vector<PlanStep> Plan::steps() const {
  std::vector<PlanStep> steps;
  for (const ProgramStep& step : program_->steps)
    steps.push_back({step.op, step.text, step.layer, step.flops, step.bytes_moved});
  return steps;
}

std::span<const int> Plan::bucket_ready_after() const { return program_->bucket_ready_after; }
std::span<const int> Plan::gradient_writers() const { return program_->gradient_writers; }

std::string Plan::Describe() const {
  std::ostringstream text;
  text << std::setprecision(4) << NameOf(program_->kind) << ": " << program_->steps.size()
       << " steps, " << cost().flops * 1e-6 << " MFLOP, " << cost().bytes_moved * 1e-6
       << " MB moved\n";
  for (std::size_t i = 0; i < kArenaCount; ++i) {
    text << "     " << NameOf(static_cast<Arena>(i)) << ": " << program_->element_counts[i]
         << " elements\n";
  }
  for (std::size_t i = 0; i < program_->steps.size(); ++i) PrintStep(text, i, program_->steps[i]);
  for (std::size_t i = 0; i < program_->bucket_ready_after.size(); ++i) {
    text << "     bucket " << i << " is ready after step " << program_->bucket_ready_after[i]
         << '\n';
  }
  return text.str();
}

}  // namespace descent
