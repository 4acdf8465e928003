#include "worker/train/assignment_run.h"

#include <algorithm>
#include <utility>

#include "checkpoint/published_files.h"
#include "common/clock.h"
#include "common/failpoint.h"
#include "common/log.h"
#include "common/sample_record.h"
#include "common/version.h"
#include "worker/data/sampled_dataset.h"
#include "worker/train/describe_model.h"
#include "worker/train/end_reason.h"
#include "worker/train/evaluator.h"
#include "worker/train/prepare_checks.h"
#include "worker/train/trace_labels.h"

namespace descent {

AssignmentRun::AssignmentRun(const Options& options)
    : options_(options), spec_(options.assign.spec), pool_(options.assign.spec.workers.threads) {}

AssignmentEnded AssignmentRun::Perform() {
  SetPhase("prepare");
  if (const Status status = Prepare(); !status.ok()) return Failed(status);
  DESCENT_FAILPOINT("worker.prepared.before");
  ReportPrepared();
  DESCENT_FAILPOINT("worker.prepared.after");
  SetPhase("wait");
  const std::optional<Begin> begin = options_.control.WaitForBegin();
  if (options_.control.is_aborted())
    return Failed(Status(Code::kAborted, "the coordinator ended the attempt"));
  if (!begin) return Ended(EndOutcome::kStopped);
  DESCENT_FAILPOINT("worker.begin.heard");
  const Result<EndOutcome> outcome = Train(*begin);
  if (!outcome.ok()) {
    const AssignmentEnded failed = Failed(outcome.status());
    // The state after an earlier step is worth keeping whatever has happened since.
    if (const Status status = checkpoints_->Finish(); !status.ok())
      LogWarning("checkpoint not written error=\"{}\"", status.message());
    return failed;
  }
  checkpoints_->RemoveLastSurplus();
  return Ended(outcome.value());
}

Status AssignmentRun::Prepare() {
  DESCENT_ASSIGN(datasets_, LoadDatasets(spec_));
  const Dataset& train = *datasets_.train;
  DESCENT_RETURN_IF_ERROR(CheckMetrics(spec_, train.format()));
  DESCENT_ASSIGN(PlanCache plans, PlanCache::Create(spec_.model, train.format(), pool_));
  plans_.emplace(std::move(plans));
  DESCENT_RETURN_IF_ERROR(CheckGroupsFit(spec_.optimizer, plans_->ParameterNames()));
  DESCENT_RETURN_IF_ERROR(
      CheckMemory(spec_, plans_->layout().element_count, options_.collective.rank() == 0));
  DESCENT_ASSIGN(TrainState state, TrainState::Create({.layout = plans_->layout(),
                                                       .optimizer = spec_.optimizer,
                                                       .ema = spec_.ema,
                                                       .update = spec_.update,
                                                       .collective = options_.collective}));
  state_.emplace(std::move(state));
  nonfinite_policy_.emplace(NonfinitePolicy::Options{
      .spec = spec_,
      .plans = *plans_,
      .state = *state_,
      .checkpoints = options_.assign.checkpoint_directory,
      .instruction_set = options_.instruction_set,
      .set_phase = [this](std::string_view phase) { SetPhase(phase); },
      .finish_checkpoints = [this] { return checkpoints_->FinishOnAllRanks(); }});
  if (options_.assign.start_checkpoint.empty()) {
    AlignedBuffer parameters(plans_->layout().element_count);
    plans_->InitializeParameters(spec_.seed, parameters.span());
    DESCENT_RETURN_IF_ERROR(state_->Start(parameters.span()));
  } else {
    DESCENT_RETURN_IF_ERROR(LoadStart());
  }
  verifier_.emplace(spec_.verify_every, state_->steps_done(), options_.collective);
  checkpoints_.emplace(RunCheckpoints::Options{
      .assign = options_.assign,
      .collective = options_.collective,
      .state = *state_,
      .verifier = *verifier_,
      .reporter = options_.reporter,
      .pool = pool_,
      .progress = options_.progress,
      .model = DescribeModel(spec_, datasets_),
      .describe = [this] { return Description(); },
      .set_phase = [this](std::string_view phase) { SetPhase(phase); },
      .report = [this](WorkerMessage message) { Report(std::move(message)); },
      .trace = [this] { return training_trace(); }});
  // What can fail or take long does so now, and not in the first step.
  return plans_->PlanFor(PlanKind::kTrainWrite, spec_.batch.micro).status();
}

Status AssignmentRun::LoadStart() {
  SetPhase("load");
  DESCENT_FAILPOINT("worker.load.before");
  const std::string& checkpoint = options_.assign.start_checkpoint;
  DESCENT_ASSIGN(const Manifest manifest, ReadManifest(checkpoint));
  const CheckpointDescription& found = manifest.description;
  if (found.precision != PrecisionName(spec_.model.precision))
    return Status(Code::kFailedPrecondition, checkpoint + " is of a job of precision " +
                                                 found.precision + ", this one has " +
                                                 std::string(PrecisionName(spec_.model.precision)));
  DESCENT_RETURN_IF_ERROR(state_->Load(checkpoint, options_.instruction_set));
  DESCENT_FAILPOINT("worker.load.after");
  // A job that is forked from another one begins to count and to wait anew.
  if (found.job != options_.assign.job) return Status();
  if (found.early_stopping) early_stopping_ = *found.early_stopping;
  nonfinite_policy_->set_steps_in_a_row(found.nonfinite_steps_in_a_row);
  noise_ = found.noise;
  return Status();
}

void AssignmentRun::ReportPrepared() {
  Report(Prepared{.job = options_.assign.job,
                  .generation = options_.assign.generation,
                  .rank = options_.assign.rank,
                  .dataset_fingerprint = datasets_.Fingerprint(),
                  .train_samples = datasets_.train->sample_count(),
                  .parameter_count = plans_->parameter_count(),
                  .memory_bytes = state_->memory_bytes() + plans_->memory_bytes() +
                                  checkpoints_->memory_bytes(),
                  .instruction_set = std::string(options_.instruction_set),
                  .state_digest = state_->ComputeDigest(),
                  .start_step = state_->steps_done()});
}

Result<EndOutcome> AssignmentRun::Train(const Begin& begin) {
  planner_.emplace(begin.shard_plan);
  BeginProfile(begin);
  DESCENT_BEGIN_SAMPLE_RECORD(options_.assign.generation, options_.assign.rank);
  Prefetcher batches(*datasets_.train,
                     {.plan = begin.shard_plan,
                      .logical_workers = LogicalWorkersOf(begin.shard_plan.logical_workers,
                                                          options_.collective.world_size(),
                                                          options_.collective.rank()),
                      .micro_size = spec_.batch.micro,
                      .first_step = state_->steps_done(),
                      .last_step = begin.total_steps},
                     MakeImageAugmenter(spec_.data.augment, datasets_.normalize,
                                        datasets_.train->format(), spec_.seed),
                     profile_ ? profile_->data() : nullptr);
  TrainStep train_step({.spec = spec_,
                        .shard_plan = begin.shard_plan,
                        .total_steps = begin.total_steps,
                        .pool = pool_,
                        .plans = *plans_,
                        .state = *state_,
                        .dataset = *datasets_.train,
                        .batches = batches,
                        .collective = options_.collective,
                        .set_phase = [this](std::string_view phase) { SetPhase(phase); },
                        .trace = training_trace(),
                        .communication_trace = profile_ ? profile_->communication() : nullptr,
                        .progress = &options_.progress});
  // The attempt that wrote the checkpoint may have been lost before it could tell.
  while (!IsStoppedEarly()) {
    DESCENT_ASSIGN(const std::optional<GrantSteps> grant, WaitForGrant());
    if (options_.control.is_aborted())
      return Status(Code::kAborted, "the coordinator ended the attempt");
    // No rank has a further grant, and each is told of the same stop.
    if (!grant) return Stop(options_.control.requests());
    DESCENT_ASSIGN(const StepRequests requests, RunGrant(train_step, *grant));
    // What is due after a step is so whether a stop comes with it or not: who goes on from the
    // checkpoint begins behind it.
    if (state_->steps_done() == grant->last) DESCENT_RETURN_IF_ERROR(FinishGrant(*grant, requests));
    if (requests.stop) return Stop(requests);
    if (grant->is_final) return Finish(EndOutcome::kCompleted);
  }
  return Finish(EndOutcome::kStoppedEarly);
}

void AssignmentRun::BeginProfile(const Begin& begin) {
  if (options_.profile.directory.empty()) return;
  const std::int64_t last =
      spec_.stop_at_step > 0 ? std::min(spec_.stop_at_step, begin.total_steps) : begin.total_steps;
  profile_.emplace(RunProfile::Options{.profile = options_.profile,
                                       .generation = options_.assign.generation,
                                       .rank = options_.assign.rank,
                                       .steps = {.first = state_->steps_done(), .last = last}});
}

Result<std::optional<GrantSteps>> AssignmentRun::WaitForGrant() {
  SetPhase("wait");
  if (!options_.control.has_grants()) DESCENT_RETURN_IF_ERROR(checkpoints_->Finish());
  const TraceSpan span(training_trace(), trace::kWaitForGrant);
  return options_.control.WaitForGrant();
}

Result<StepOutcome> AssignmentRun::RunStep(TrainStep& train_step) {
  if (profile_) profile_->BeginStep(state_->steps_done());
  DESCENT_FAILPOINT("worker.step.before");
  DESCENT_ASSIGN(StepOutcome outcome, train_step.Run(options_.control.requests()));
  DESCENT_FAILPOINT("worker.step.after");
  if (outcome.nonfinite) {
    // So is a step of a rank whose memory has changed, and a rollback would hide that.
    DESCENT_RETURN_IF_ERROR(Verify().status());
    DESCENT_ASSIGN(outcome.metrics.nonfinite, nonfinite_policy_->Handle(*outcome.nonfinite));
  } else {
    nonfinite_policy_->HearFinite();
  }
  if (outcome.noise) {
    noise_ = AfterStep(noise_, *outcome.noise);
    outcome.metrics.noise = noise_;
  }
  checkpoints_->HearRequest(outcome.requests.checkpoint);
  DESCENT_ASSIGN(outcome.metrics.parameters_digest, VerifyIfDue());
  return outcome;
}

// Before the step is reported: what follows from a wrong state is not to be believed.
Result<std::optional<Digest>> AssignmentRun::VerifyIfDue() {
  if (!verifier_->IsDue(state_->steps_done())) return std::optional<Digest>();
  DESCENT_ASSIGN(const Digest digest, Verify());
  return std::optional(digest);
}

Result<Digest> AssignmentRun::Verify() {
  SetPhase("exchange");
  const TraceSpan span(training_trace(), trace::kVerify);
  return verifier_->Verify(*state_);
}

Result<StepRequests> AssignmentRun::RunGrant(TrainStep& train_step, const GrantSteps& grant) {
  DESCENT_CHECK(grant.first == state_->steps_done());
  DESCENT_FAILPOINT("worker.grant.taken");
  MonotonicTime begin = MonotonicNow();
  while (state_->steps_done() < grant.last) {
    DESCENT_ASSIGN(StepOutcome outcome, RunStep(train_step));
    // From end to end, so that what lies between two steps counts as well.
    const MonotonicTime end = MonotonicNow();
    outcome.metrics.step_seconds = SecondsBetween(std::exchange(begin, end), end);
    if (options_.collective.rank() == 0)
      Report(StepReports{.job = options_.assign.job,
                         .generation = options_.assign.generation,
                         .steps = {outcome.metrics}});
    DESCENT_RETURN_IF_ERROR(checkpoints_->FinishIfEnded());
    if (outcome.requests.stop) return outcome.requests;
    // At the end of a grant an evaluation comes first: the checkpoint is rated by it.
    if (checkpoints_->has_open_request() && state_->steps_done() < grant.last)
      DESCENT_RETURN_IF_ERROR(checkpoints_->Save(SaveKind::kAsked));
  }
  return StepRequests();
}

Status AssignmentRun::FinishGrant(const GrantSteps& grant, const StepRequests& requests) {
  if (grant.evaluate) DESCENT_RETURN_IF_ERROR(EvaluateSplit(EvaluationSplit::kValidation));
  const bool is_wanted =
      grant.save_checkpoint || checkpoints_->has_open_request() || IsStoppedEarly();
  return is_wanted ? checkpoints_->Save(KindOfSave(grant, requests)) : Status();
}

SaveKind AssignmentRun::KindOfSave(const GrantSteps& grant, const StepRequests& requests) const {
  if (grant.is_final || requests.stop || IsStoppedEarly()) return SaveKind::kNeeded;
  // What a rollback goes back to is part of what the job computes.
  if (grant.save_checkpoint && spec_.nonfinite.action == NonfiniteAction::kRollback)
    return SaveKind::kNeeded;
  return checkpoints_->has_open_request() ? SaveKind::kAsked : SaveKind::kScheduled;
}

// A stopped job can be resumed from where it stopped.
Result<EndOutcome> AssignmentRun::Stop(const StepRequests& requests) {
  DESCENT_RETURN_IF_ERROR(checkpoints_->Save(SaveKind::kNeeded));
  if (requests.evaluate_test) return Finish(EndOutcome::kStopped);
  DESCENT_RETURN_IF_ERROR(checkpoints_->Finish());
  return EndOutcome::kStopped;
}

Result<EndOutcome> AssignmentRun::Finish(EndOutcome outcome) {
  DESCENT_RETURN_IF_ERROR(checkpoints_->Finish());
  DESCENT_RETURN_IF_ERROR(state_->Gather());
  DESCENT_RETURN_IF_ERROR(EvaluateSplit(EvaluationSplit::kTest));
  return outcome;
}

bool AssignmentRun::IsStoppedEarly() const {
  return spec_.early_stopping && IsOver(*spec_.early_stopping, early_stopping_);
}

Status AssignmentRun::EvaluateSplit(EvaluationSplit split) {
  const std::unique_ptr<const Dataset>& dataset =
      split == EvaluationSplit::kTest ? datasets_.test : datasets_.validation;
  if (!dataset) return Status();
  SetPhase("evaluate");
  DESCENT_FAILPOINT("worker.evaluation.before");
  const TraceSpan span(training_trace(), trace::kEvaluate);
  if (spec_.ema) DESCENT_RETURN_IF_ERROR(state_->Gather());
  const bool is_sampled = split == EvaluationSplit::kValidation && spec_.evaluate.samples > 0;
  const std::int64_t samples = is_sampled
                                   ? std::min(spec_.evaluate.samples, dataset->sample_count())
                                   : dataset->sample_count();
  const SampledDataset sampled(*dataset, spec_.seed, samples);
  DESCENT_ASSIGN(const EvaluationValues values,
                 Evaluate(is_sampled ? sampled : *dataset, state_->evaluated_parameters(), *plans_,
                          options_.collective, [this] { options_.progress.Move(); }));
  DESCENT_RETURN_IF_ERROR(checkpoints_->Finish());
  if (options_.collective.rank() == 0)
    Report(EvaluationReport{.job = options_.assign.job,
                            .generation = options_.assign.generation,
                            .step = state_->steps_done(),
                            .split = split,
                            .values = values});
  DESCENT_FAILPOINT("worker.evaluation.after");
  if (split == EvaluationSplit::kTest) return Status();
  if (spec_.early_stopping)
    early_stopping_ =
        AfterEvaluation(*spec_.early_stopping, early_stopping_, state_->steps_done(), values);
  return Status();
}

CheckpointDescription AssignmentRun::Description() const {
  return {.job = options_.assign.job,
          .step = state_->steps_done(),
          .epoch = planner_->EpochOf(state_->steps_done()),
          .generation = options_.assign.generation,
          .seed = spec_.seed,
          .global_batch = GlobalBatchOf(spec_.batch, datasets_.train->sample_count()),
          .logical_workers = spec_.batch.logical_workers,
          .optimizer_steps = state_->updates_done(),
          .optimizer = OptimizerStateOf(spec_.optimizer, spec_.ema),
          .precision = std::string(PrecisionName(spec_.model.precision)),
          .instruction_set = std::string(options_.instruction_set),
          .version = kVersion,
          .early_stopping = spec_.early_stopping ? std::optional(early_stopping_) : std::nullopt,
          .nonfinite_steps_in_a_row = nonfinite_policy_->steps_in_a_row(),
          .noise = noise_};
}

void AssignmentRun::Report(WorkerMessage message) {
  const TraceSpan span(training_trace(), trace::kReport);
  options_.reporter.Report(std::move(message));
}

void AssignmentRun::SetPhase(std::string_view phase) {
  const TraceSpan span(training_trace(), trace::kReport);
  phase_ = phase;
  options_.progress.Move();
  options_.reporter.SetPhase(phase, state_ ? state_->steps_done() : 0);
}

AssignmentEnded AssignmentRun::Ended(EndOutcome outcome) const {
  return {.job = options_.assign.job,
          .generation = options_.assign.generation,
          .rank = options_.assign.rank,
          .outcome = outcome,
          .step = state_->steps_done(),
          .state_digest = state_->ComputeDigest(),
          .reason = {},
          .message = outcome == EndOutcome::kStoppedEarly
                         ? DescribeStop(*spec_.early_stopping, early_stopping_)
                         : std::string(),
          .phase = phase_};
}

AssignmentEnded AssignmentRun::Failed(const Status& status) {
  const bool has_diverged = verifier_ && !verifier_->diverged_ranks().empty();
  const std::string reason = has_diverged ? std::string(kStateDiverged) : ReasonOf(status, phase_);
  // Whoever leaves before the others drops its group, so that nothing more of it is waited for.
  if (!IsFoundByAllRanks(reason)) options_.collective.Abort();
  return {.job = options_.assign.job,
          .generation = options_.assign.generation,
          .rank = options_.assign.rank,
          .outcome = EndOutcome::kFailed,
          .step = state_ ? state_->steps_done() : 0,
          .state_digest = {},
          .reason = reason,
          .message = status.message(),
          .phase = phase_,
          .retryable = has_diverged || IsRetryable(status),
          .diverged_ranks = has_diverged ? verifier_->diverged_ranks() : std::vector<int>()};
}

}  // namespace descent
