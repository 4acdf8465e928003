#include "coordinator/submission.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <random>
#include <utility>

#include "common/gang_capacity.h"
#include "common/limits.h"
#include "coordinator/excerpt.h"
#include "coordinator/job_comparison.h"
#include "coordinator/job_refusal.h"
#include "coordinator/resource_name.h"
#include "proto/wire.h"

namespace descent {
namespace {

constexpr std::size_t kSuffixCharacters = 5;
constexpr std::size_t kRequestIdCharactersMax = 64;
constexpr std::size_t kViolationsMax = 100;  // told of one request
constexpr std::size_t kProblemsBytes = 600;  // of a message, beyond which it names no other
constexpr int kOverridesMax = 256;           // together no longer than a job file

constexpr char kDataField[] = "data";

using google::protobuf::util::MessageDifferencer;

// The checkpoint that a job starts from, and the job that wrote it.
struct Source {
  const Job* job = nullptr;
  CheckpointRecord checkpoint;
  std::string name;  // of the checkpoint
};

RequestError RefuseSubmission(Code code, std::string reason, std::string message) {
  return {Status(code, std::move(message)), std::move(reason), {}, {}};
}

std::variant<Source, RequestError> FindSource(const std::string& resume_from,
                                              const SubmissionContext& context) {
  const Result<CheckpointName> name = ParseCheckpointName(resume_from);
  if (!name.ok()) return NameInvalid(name.status(), resume_from);
  if (context.made != nullptr)
    return Source{context.made, {}, CheckpointNameOf(name.value().job_id, 0)};
  const Job* job = context.find_job(name.value().job_id);
  if (job == nullptr) return JobNotFound(name.value().job_id);
  Result<CheckpointRecord> checkpoint = FindCheckpoint(*job, name.value());
  if (!checkpoint.ok()) return CheckpointNotFound(checkpoint.status(), resume_from);
  std::string step_name = CheckpointNameOf(job->id, checkpoint.value().step);
  return Source{job, std::move(checkpoint).value(), std::move(step_name)};
}

// "the spec has 3 problems; steps: 0, …; and 2 more"
std::string ProblemsText(const std::vector<Violation>& violations) {
  std::string text = "the spec has " + std::to_string(violations.size()) +
                     (violations.size() == 1 ? " problem" : " problems");
  for (std::size_t told = 0; told < violations.size(); ++told) {
    if (told > 0 && text.size() > kProblemsBytes)
      return text + "; and " + std::to_string(violations.size() - told) + " more";
    text += "; " + violations[told].field + ": " + violations[told].message;
  }
  return text;
}

RequestError SpecInvalid(std::vector<Violation> violations) {
  std::string message = ProblemsText(violations);
  if (violations.size() > kViolationsMax) violations.resize(kViolationsMax);
  return {Status(Code::kInvalidArgument, std::move(message)),
          "SPEC_INVALID",
          std::move(violations),
          {}};
}

// The fields in which two specs differ and a checkpoint of one cannot go on under the other.
std::string StateFieldsThatDiffer(const JobSpec& my_spec, const JobSpec& their_spec) {
  const v1::JobSpec mine = ToProto(my_spec);
  const v1::JobSpec theirs = ToProto(their_spec);
  std::string fields;
  const auto add_if = [&](bool differs, const std::string& field) {
    if (differs) fields += (fields.empty() ? "" : ", ") + field;
  };
  add_if(!MessageDifferencer::Equals(mine.model(), theirs.model()), "model");
  add_if(!MessageDifferencer::Equals(mine.data(), theirs.data()), kDataField);
  add_if(mine.batch().global() != theirs.batch().global(), "batch.global");
  add_if(mine.batch().logical_workers() != theirs.batch().logical_workers(),
         "batch.logical_workers");
  add_if(mine.batch().micro() != theirs.batch().micro(), "batch.micro");
  add_if(mine.seed() != theirs.seed(), "seed");
  const std::string my_state = OptimizerStateOf(my_spec.optimizer, my_spec.ema);
  const std::string their_state = OptimizerStateOf(their_spec.optimizer, their_spec.ema);
  add_if(my_state != their_state, "optimizer (" + my_state + ", not " + their_state + ")");
  return fields;
}

// Of the first problem that has a line, where it is; of the first unknown field like one that there
// is, that one.
void AddPlace(const std::vector<FieldProblem>& problems, RequestError& error) {
  const auto with_line =
      std::ranges::find_if(problems, [](const FieldProblem& problem) { return problem.line > 0; });
  if (with_line != problems.end()) {
    error.metadata["line"] = std::to_string(with_line->line);
    if (with_line->column > 0) error.metadata["column"] = std::to_string(with_line->column);
  }
  const auto misspelt = std::ranges::find_if(
      problems, [](const FieldProblem& problem) { return !problem.did_you_mean.empty(); });
  if (misspelt != problems.end()) error.metadata["did_you_mean"] = misspelt->did_you_mean;
}

// As the places of a text: "line 3: 0, must be at least 1".
std::variant<JobSpec, RequestError> SpecOf(const JobFile& file) {
  if (file.problems.empty()) return file.spec;
  std::vector<Violation> violations;
  for (const FieldProblem& problem : file.problems)
    violations.push_back(
        {problem.place, (problem.line > 0 ? "line " + std::to_string(problem.line) + ": " : "") +
                            problem.message});
  RequestError error = SpecInvalid(std::move(violations));
  if (std::ranges::all_of(file.problems, &FieldProblem::is_unknown_field))
    error.reason = "UNKNOWN_FIELD";
  AddPlace(file.problems, error);
  return error;
}

std::vector<std::string> OverridesOf(const v1::CreateJobRequest& request) {
  return {request.overrides().begin(), request.overrides().end()};
}

std::optional<Violation> CheckOverrides(const v1::CreateJobRequest& request) {
  if (request.overrides_size() > kOverridesMax)
    return Violation{"overrides", std::to_string(request.overrides_size()) + ", must be at most " +
                                      std::to_string(kOverridesMax)};
  std::size_t bytes = 0;
  for (const std::string& argument : request.overrides()) bytes += argument.size();
  if (bytes <= limits::kJobFileBytesMax) return std::nullopt;
  return Violation{"overrides", std::to_string(bytes) + " bytes, must be at most " +
                                    std::to_string(limits::kJobFileBytesMax)};
}

std::variant<JobSpec, RequestError> GivenSpec(const v1::CreateJobRequest& request,
                                              const Job* source,
                                              const std::optional<JobFile>& file) {
  if (auto violation = CheckOverrides(request)) return SpecInvalid({*std::move(violation)});
  if (!request.job_file().empty() && request.has_spec())
    return SpecInvalid({{"job_file", "given beside spec, must be alone"}});
  if (file) return SpecOf(*file);
  JobSpec spec;
  if (request.spec().ByteSizeLong() == 0 && source != nullptr) {
    spec = source->spec;
    spec.stop_at_step = 0;
  } else {
    Result<JobSpec> parsed = FromProto(request.spec());
    if (!parsed.ok()) return SpecInvalid({{"spec", parsed.status().message()}});
    spec = std::move(parsed).value();
  }
  if (request.overrides().empty()) return spec;
  return SpecOf(OverrideJobSpec(spec, OverridesOf(request)));
}

// The spec with its defaults; of a resumed job those of the batch are the source's.
std::variant<JobSpec, RequestError> ResolveSpec(const v1::CreateJobRequest& request,
                                                const Job* source,
                                                const std::optional<JobFile>& file) {
  auto given = GivenSpec(request, source, file);
  if (auto* error = std::get_if<RequestError>(&given)) return std::move(*error);
  JobSpec spec = std::get<JobSpec>(std::move(given));
  if (source != nullptr) {
    const BatchSpec& batch = source->spec.batch;
    if (spec.batch.logical_workers == 0) spec.batch.logical_workers = batch.logical_workers;
    if (spec.batch.micro == 0) spec.batch.micro = batch.micro;
  }
  return WithDefaults(std::move(spec));
}

// Every list and watch of jobs carries specs, so one has at most the bytes of a job file.
std::optional<Violation> CheckSize(const JobSpec& spec) {
  const std::size_t bytes = ToProto(spec).ByteSizeLong();
  if (bytes <= limits::kJobFileBytesMax) return std::nullopt;
  return Violation{"spec", std::to_string(bytes) + " bytes, must be at most " +
                               std::to_string(limits::kJobFileBytesMax)};
}

std::optional<RequestError> CheckSpec(const JobSpec& spec, const Job* source) {
  if (auto violation = CheckSize(spec)) return SpecInvalid({*std::move(violation)});
  std::vector<Violation> violations = ValidateJobSpec(spec);
  if (!violations.empty()) return SpecInvalid(std::move(violations));
  if (source == nullptr) return std::nullopt;
  const std::string fields = StateFieldsThatDiffer(spec, source->spec);
  if (fields.empty()) return std::nullopt;
  RequestError error = RefuseSubmission(Code::kFailedPrecondition,
                                        fields == kDataField ? "DATASET_CHANGED" : "MODEL_MISMATCH",
                                        "the spec differs from " + JobName(source->id) +
                                            ", whose checkpoint it starts from, in: " + fields);
  error.metadata["fields"] = fields;
  return error;
}

// "jobs/{job}/checkpoints" of a checkpoint's name.
std::string_view CheckpointsIn(std::string_view name) { return name.substr(0, name.rfind('/')); }

std::string FieldsThatDiffer(const v1::CreateJobRequest& request, const SubmitJob& submit,
                             const Job& made) {
  std::string fields;
  const auto add_if = [&](bool differs, const std::string& field) {
    if (differs) fields += (fields.empty() ? "" : ", ") + field;
  };
  add_if(!request.job_id().empty() && request.job_id() != made.id, "job_id");
  add_if(CheckpointsIn(submit.forked_from) != CheckpointsIn(made.forked_from), "resume_from");
  add_if(submit.spec.name != made.spec.name, "spec.name");
  for (const DifferingField& differing : CompareSpecs({ToProto(submit.spec), ToProto(made.spec)}))
    add_if(true, "spec." + differing.field);
  return fields;
}

}  // namespace

std::optional<RequestError> CheckRepetition(const v1::CreateJobRequest& request,
                                            const SubmitJob& submit, const Job& made) {
  const bool is_drawn = request.job_id().empty();  // so it is of this very submission
  if (request.request_id().empty() || (is_drawn && submit.job_id == made.id)) return std::nullopt;
  const std::string fields = FieldsThatDiffer(request, submit, made);
  if (fields.empty()) return std::nullopt;
  RequestError error =
      RefuseSubmission(Code::kAlreadyExists, "REQUEST_ID_REUSED",
                       "request_id \"" + request.request_id() + "\" made " + JobName(made.id) +
                           " from a request that differs in: " + fields);
  error.metadata = {{"job", made.id}, {"fields", fields}};
  error.resource = {.type = "Job", .name = JobName(made.id)};
  return error;
}

std::optional<RequestError> CheckCapacity(const JobSpec& spec, const std::vector<PoolView>& pools) {
  const auto largest = std::ranges::max_element(pools, {}, &PoolView::world_size);
  if (largest == pools.end() || largest->world_size >= spec.workers.min) return std::nullopt;
  const std::string wanted = std::to_string(spec.workers.min);
  const std::string found = std::to_string(largest->world_size);
  RequestError error = RefuseSubmission(
      Code::kFailedPrecondition, "GANG_INFEASIBLE",
      "workers.min is " + wanted + ", the largest pool \"" + largest->name + "\" has " + found);
  error.metadata = {{"requested", wanted}, {"largest_pool", found}};
  error.violations = {GangInfeasible(spec.workers.min, largest->name, largest->world_size)};
  return error;
}

std::optional<RequestError> CheckRequestId(const std::string& request_id) {
  if (request_id.size() <= kRequestIdCharactersMax) return std::nullopt;
  return RefuseSubmission(Code::kInvalidArgument, "REQUEST_ID_INVALID",
                          "request_id has " + std::to_string(request_id.size()) +
                              " characters, at most 64 are allowed");
}

std::optional<RequestError> CheckPriority(int priority) {
  if (0 <= priority && priority <= kPriorityMax) return std::nullopt;
  RequestError error = RefuseSubmission(
      Code::kInvalidArgument, "PRIORITY_INVALID",
      "priority is " + std::to_string(priority) + ", must be 0 to " + std::to_string(kPriorityMax));
  error.metadata = {{"priority", std::to_string(priority)}};
  return error;
}

std::optional<RequestError> CheckLifetime(const v1::UpdateJobRequest& request) {
  const auto refuse = [](const std::string& field, const std::string& reason, std::int64_t value,
                         std::int64_t max) -> std::optional<RequestError> {
    if (0 <= value && value <= max) return std::nullopt;
    RequestError error = RefuseSubmission(
        Code::kInvalidArgument, reason,
        field + " is " + std::to_string(value) + ", must be 0 to " + std::to_string(max));
    error.metadata = {{field, std::to_string(value)}};
    return error;
  };
  if (auto error =
          refuse("deadline", "DEADLINE_INVALID", request.deadline(), limits::kDurationSecondsMax))
    return error;
  return refuse("retention_days", "RETENTION_INVALID", request.retention_days(),
                limits::kRetentionDaysMax);
}

namespace {

template <typename Labels>
std::optional<RequestError> LabelsInvalid(const Labels& labels) {
  std::optional<std::string> problem = FindProblem(labels);
  if (!problem) return std::nullopt;
  return RefuseSubmission(Code::kInvalidArgument, "LABELS_INVALID", *std::move(problem));
}

}  // namespace

std::optional<RequestError> CheckLabels(const JobLabels& labels) { return LabelsInvalid(labels); }
std::optional<RequestError> CheckLabels(const LabelChange& change) { return LabelsInvalid(change); }

namespace {

std::optional<RequestError> CheckIds(const v1::CreateJobRequest& request) {
  if (!request.job_id().empty() && !IsJobId(request.job_id())) {
    RequestError error = RefuseSubmission(
        Code::kInvalidArgument, "JOB_ID_INVALID",
        "job_id " + Excerpt(request.job_id()) + " must be 1 to 63 characters of [a-z0-9-]");
    error.metadata["job_id"] = request.job_id();
    return error;
  }
  if (auto error = CheckRequestId(request.request_id())) return error;
  if (request.has_priority()) return CheckPriority(request.priority());
  return std::nullopt;
}

std::string UnusedJobId(const std::string& name, const SubmissionContext& context) {
  while (true) {
    std::string id = name + "-" + context.random_suffix();
    if (context.find_job(id) == nullptr) return id;
  }
}

JobLabels LabelsOf(const v1::CreateJobRequest& request, const Job* source) {
  const LabelChange given{.set = {request.labels().begin(), request.labels().end()}, .removed = {}};
  return Changed(source == nullptr ? JobLabels() : source->labels, given);
}

}  // namespace

std::optional<JobFile> ReadGivenFile(const v1::CreateJobRequest& request) {
  const bool is_read =
      !request.job_file().empty() && !request.has_spec() && !CheckOverrides(request);
  if (!is_read) return std::nullopt;
  return ReadJobFile(request.job_file(), OverridesOf(request));
}

std::variant<SubmitJob, RequestError> MakeSubmission(const v1::CreateJobRequest& request,
                                                     const SubmissionContext& context) {
  if (auto error = CheckIds(request)) return *std::move(error);
  Source source;
  if (!request.resume_from().empty()) {
    auto found = FindSource(request.resume_from(), context);
    if (auto* error = std::get_if<RequestError>(&found)) return std::move(*error);
    source = std::get<Source>(std::move(found));
  }
  auto resolved = ResolveSpec(request, source.job, context.file);
  if (auto* error = std::get_if<RequestError>(&resolved)) return std::move(*error);
  JobSpec spec = std::get<JobSpec>(std::move(resolved));
  if (auto error = CheckSpec(spec, context.made == nullptr ? source.job : nullptr))
    return *std::move(error);
  JobLabels labels = LabelsOf(request, source.job);
  if (auto error = CheckLabels(labels)) return *std::move(error);

  SubmitJob submit;
  submit.job_id = request.job_id().empty() ? UnusedJobId(spec.name, context) : request.job_id();
  submit.request_id = request.request_id();
  submit.spec = std::move(spec);
  submit.priority = request.has_priority() ? request.priority() : kPriorityDefault;
  submit.is_preemptible = request.preemptible();
  submit.is_suspended = request.suspended();
  submit.labels = std::move(labels);
  submit.start_checkpoint = source.checkpoint.directory;
  if (source.job != nullptr) {
    submit.forked_from = source.name;
    submit.instruction_set = source.job->instruction_set;
    submit.dataset_fingerprint = source.job->dataset_fingerprint;
  }
  return submit;
}

std::string RandomSuffix() {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device device;
  std::uniform_int_distribution<std::size_t> pick(0, kAlphabet.size() - 1);
  std::string suffix;
  while (suffix.size() < kSuffixCharacters) suffix += kAlphabet[pick(device)];
  return suffix;
}

}  // namespace descent
