#include "worker/replay_job.h"

#include <cstdio>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <variant>
#include <vector>

#include "checkpoint/published_files.h"
#include "common/job_spec.h"
#include "worker/collective/in_process_collective.h"
#include "worker/data_check.h"
#include "worker/kernels/instruction_set.h"
#include "worker/train/assignment.h"

namespace descent {
namespace {

// Keeps the last step, and has nobody to tell.
class LastStep final : public AssignmentReporter {
 public:
  void Report(WorkerMessage message) override {
    if (const auto* reports = std::get_if<StepReports>(&message)) step_ = reports->steps.back();
  }
  void SetPhase(std::string_view, std::int64_t) override {}
  std::vector<std::int64_t> KeptCheckpoints() const override { return {}; }

  const std::optional<StepMetrics>& step() const { return step_; }

 private:
  std::optional<StepMetrics> step_;
};

// Below that of every attempt, so that nothing that one of them writes is taken for a leftover.
constexpr std::int64_t kGeneration = 0;

// A split that is taken out of the training data stays: without it the steps have other samples.
void ForgetUnlessTakenOut(std::optional<DatasetSpec>& split) {
  if (split && split->train_fraction == 0) split.reset();
}

// What else happens between and after the steps changes no step, and no checkpoint goes for it.
JobSpec StepsAlone(JobSpec spec, std::int64_t last_step) {
  ForgetUnlessTakenOut(spec.data.validation);
  ForgetUnlessTakenOut(spec.data.test);
  spec.early_stopping.reset();
  spec.checkpoint.keep_last = std::numeric_limits<std::int64_t>::max();
  spec.verify_every = last_step;
  return spec;
}

struct Start {
  std::string job = "replay";
  std::int64_t step = 0;
};

Result<Start> StartOf(const std::string& checkpoint) {
  if (checkpoint.empty()) return Start();
  DESCENT_ASSIGN(const Manifest manifest, ReadManifest(checkpoint));
  return Start{.job = manifest.description.job, .step = manifest.description.step};
}

std::string ToJson(const Start& start, const StepMetrics& step, const AssignmentEnded& ended,
                   const Digest& fingerprint) {
  nlohmann::json json = {{"from_step", start.step},
                         {"step", step.step},
                         {"state_digest", ended.state_digest.ToHex()},
                         {"dataset_fingerprint", fingerprint.ToHex()}};
  if (step.parameters_digest) json["parameters_digest"] = step.parameters_digest->ToHex();
  if (step.nonfinite) {
    json["nonfinite"] = step.nonfinite->message;
  } else {
    json["loss"] = step.loss;
    json["grad_norm"] = step.grad_norm;
  }
  return json.dump();
}

Result<std::string> Replay(const ReplayOptions& options, const JobWithData& job) {
  DESCENT_ASSIGN(const Start start, StartOf(options.start_checkpoint));
  const std::filesystem::path checkpoint = options.start_checkpoint;
  const std::int64_t samples = job.datasets.train->sample_count();
  const Assign assign{.job = start.job,
                      .generation = kGeneration,
                      .spec = StepsAlone(job.spec, options.last_step),
                      .world_ranks = {0},
                      .checkpoint_directory = checkpoint.parent_path(),
                      .start_checkpoint = checkpoint};
  StepControl control;
  control.PutBegin({.job = start.job,
                    .generation = kGeneration,
                    .shard_plan = MakeShardPlan(job.spec, samples),
                    .total_steps = ComputeBatchArithmetic(job.spec, samples).total_steps});
  control.PutGrant({.job = start.job,
                    .generation = kGeneration,
                    .first = start.step,
                    .last = options.last_step,
                    .is_final = true});
  InProcessGroup group(1);
  const auto collective = MakeInProcessCollective(group, 0);
  LastStep last;
  ProgressMarker progress;
  const AssignmentEnded ended =
      RunAssignment(assign, InstructionSetName(), *collective, control, last, {}, progress);
  if (ended.outcome != EndOutcome::kCompleted || !last.step())
    return Status(Code::kInternal, "step " + std::to_string(ended.step + 1) + ": " + ended.message);
  return ToJson(start, *last.step(), ended, job.datasets.Fingerprint());
}

}  // namespace

int ReplayJob(const ReplayOptions& options) {
  const Result<JobWithData> job = ReadJobWithData(options.spec_file);
  if (!job.ok()) return FailCheck(job.status());
  if (!job.value().problems.empty()) return FailCheck(job.value().problems);
  const Result<std::string> replayed = Replay(options, job.value());
  if (!replayed.ok()) return FailCheck(replayed.status());
  std::printf("%s\n", replayed.value().c_str());
  return 0;
}

}  // namespace descent
