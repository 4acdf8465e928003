#include <spdlog/fmt/fmt.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include "client/commands/command.h"
#include "client/commands/labels.h"
#include "client/data_check.h"
#include "client/failure_report.h"
#include "client/follow.h"
#include "client/interrupt.h"
#include "client/local_cluster.h"
#include "client/profile.h"
#include "client/render/format.h"
#include "client/render/job_text.h"
#include "client/render/profile_text.h"
#include "common/file.h"
#include "common/option_number.h"

namespace descent {
namespace {

// Longer than the coordinator gives the ranks to stop together and save.
constexpr std::chrono::seconds kCancelWait{12};
constexpr const char* kRequestIdPrefix = "run-";

struct RunFlags {
  std::string file;
  int workers = 0;  // 0: workers.max of the file
  std::vector<std::string> overrides;
  std::vector<std::string> labels;  // "KEY=VALUE"
  std::string resume;
  std::string state_directory;
  std::string profile_file;  // empty: none
  ProfileOptions profile;
};

// One `descent run`: a coordinator and workers that live as long as it does.
class Run {
 public:
  Run(const RunFlags& flags, bool wants_document, Console& console)
      : flags_(flags), wants_document_(wants_document), console_(console) {}

  ExitCode Execute();

 private:
  std::optional<ExitCode> Prepare();
  std::optional<ExitCode> CheckData();
  std::optional<ExitCode> LoadResumedSpec();
  std::optional<ExitCode> ChooseRanks();
  void CancelForgottenJobs();
  ExitCode Conclude(const Followed& followed);
  ExitCode CancelAndReport(const Followed& before);
  ExitCode ReportFailure(const JobView& job);
  void PrintResults(const JobView& job);
  void SayHowToGoOn(const JobView& job);
  std::string StateDirectoryFlag() const;
  Status PrepareProfile();
  Status WriteProfile() const;

  const RunFlags& flags_;
  const bool wants_document_;
  Console& console_;
  JobFile file_;
  CreateJobOptions options_;
  ProfileOptions profile_;
  int ranks_ = 0;
  std::unique_ptr<LocalCluster> cluster_;
  std::unique_ptr<Client> client_;
};

// What the file alone can tell is found before anything is started.
std::optional<ExitCode> Run::Prepare() {
  if (!flags_.profile_file.empty() && !std::ofstream(flags_.profile_file, std::ios::app)) {
    console_.Error("--profile: cannot write " + flags_.profile_file);
    return ExitCode::kUsage;
  }
  if (!flags_.resume.empty()) {
    const auto checkpoint = CheckpointNameOf(flags_.resume);
    if (!checkpoint.ok()) return Report(console_, checkpoint.error());
    options_.resume_from = checkpoint.value();
  }
  if (flags_.file.empty()) {
    if (!options_.resume_from.empty()) return std::nullopt;
    console_.Error("run needs a FILE, or --resume JOB/CHECKPOINT");
    return ExitCode::kUsage;
  }
  auto loaded = LoadJobFile(console_, flags_.file, flags_.overrides);
  if (!loaded.ok()) return loaded.error().exit_code;
  file_ = loaded.value();
  return ChooseRanks();
}

// The job that is resumed says what it is; a stop that it was once asked for is behind it.
std::optional<ExitCode> Run::LoadResumedSpec() {
  const std::string id =
      JobIdOf(options_.resume_from.substr(0, options_.resume_from.rfind("/checkpoints/")));
  const auto source = client_->GetJob(id);
  if (!source.ok()) return Report(console_, source.error());
  JobSpec spec = source.value().spec;
  spec.stop_at_step = 0;
  file_ = OverrideJobSpec(spec, flags_.overrides);
  if (file_.problems.empty()) return ChooseRanks();
  console_.Problems(FormatProblems(file_.problems, "the spec of " + id));
  return ExitCode::kUsage;
}

// How many ranks run must not change the result: logical_workers and micro are those that the file
// implies, with the defaults filled in before workers becomes what this run has.
std::optional<ExitCode> Run::ChooseRanks() {
  JobSpec spec = file_.spec;
  ranks_ = flags_.workers > 0 ? flags_.workers : spec.workers.max;
  if (const auto refused = RefuseRanks(console_, spec, ranks_)) return refused;
  spec.workers.min = ranks_;
  spec.workers.max = ranks_;
  options_.spec = std::move(spec);
  return std::nullopt;
}

// A run that was killed leaves its job unfinished. Nobody waits for it, and it would take the
// ranks. Jobs that were submitted are none of its business: they wait for their own workers.
void Run::CancelForgottenJobs() {
  const auto unfinished = client_->ListJobs(
      {.states = {"QUEUED", "STARTING", "RUNNING", "RECOVERING", "SUSPENDING", "SUSPENDED"}});
  if (!unfinished.ok()) return;
  for (const JobView& job : unfinished.value().jobs) {
    if (!job.request_id.starts_with(kRequestIdPrefix)) continue;
    if (!client_->CancelJob(job.id).ok()) continue;
    console_.Say(fmt::format("cancelled {}, left unfinished by an earlier run", job.id));
    SayHowToGoOn(job);
  }
}

ExitCode Run::Execute() {
  if (const auto refused = Prepare()) return *refused;
  CatchInterrupts();
  if (options_.spec)
    if (const auto refused = CheckData()) return *refused;
  auto cluster = LocalCluster::Start(std::filesystem::absolute(flags_.state_directory));
  if (!cluster.ok())
    return InterruptCount() > 0 ? ExitCode::kJobCancelled : Report(console_, cluster.status());
  cluster_ = std::move(cluster).value();
  client_ = std::make_unique<Client>(Endpoint{cluster_->addresses().user});
  CancelForgottenJobs();
  if (!options_.spec)
    if (const auto refused = LoadResumedSpec()) return *refused;

  options_.request_id = kRequestIdPrefix + RandomRequestId();
  options_.labels = LabelsOf(flags_.labels);
  const auto job = client_->CreateJob(options_);
  if (!job.ok()) return ReportSpecError(console_, job.error(), file_, flags_.file);
  if (const Status ready = PrepareProfile(); !ready.ok()) return Report(console_, ready);
  if (const Status started = cluster_->StartWorkers(ranks_, profile_); !started.ok())
    return Report(console_, started);
  const ExitCode exit_code =
      Conclude(Follow(*client_, console_, job.value(),
                      {.find_trouble = [this] { return cluster_->FindDeadChild(); }}));
  // A run that has done its work has done it, with a profile or without.
  if (const Status written = WriteProfile(); !written.ok())
    console_.Error("no profile: " + written.message());
  return exit_code;
}

// The ranks write beside the logs; the trace is made of their files at the end.
Status Run::PrepareProfile() {
  if (flags_.profile_file.empty()) return Status();
  profile_ = flags_.profile;
  const std::filesystem::path state = std::filesystem::absolute(flags_.state_directory);
  profile_.directory = (state / ("profile-" + RandomRequestId())).string();
  return MakeDirectories(profile_.directory);
}

Status Run::WriteProfile() const {
  if (profile_.directory.empty()) return Status();
  const Result<std::string> trace = MergeProfiles(profile_.directory);
  DESCENT_RETURN_IF_ERROR(RemoveTree(profile_.directory));
  DESCENT_RETURN_IF_ERROR(trace.status());
  std::ofstream file(flags_.profile_file, std::ios::binary | std::ios::trunc);
  file << trace.value() << std::flush;
  if (!file) return Status(Code::kUnavailable, "cannot write " + flags_.profile_file);
  DESCENT_ASSIGN(const std::string text, ProfileText(trace.value()));
  console_.Say(text + "trace: " + flags_.profile_file);
  return Status();
}

ExitCode Run::Conclude(const Followed& followed) {
  switch (followed.end) {
    case FollowEnd::kInterrupted:
    case FollowEnd::kTimedOut:
      return CancelAndReport(followed);
    case FollowEnd::kLost:
      return Report(console_, followed.error);
    case FollowEnd::kTrouble:
      console_.Error(followed.trouble);
      // Without workers it would stay unfinished; without a coordinator the next run ends it.
      if (!client_->CancelJob(followed.job.id).ok())
        console_.Say("the coordinator is gone as well");
      SayHowToGoOn(followed.job);
      return ExitCode::kError;
    case FollowEnd::kTerminal:
      break;
  }
  if (followed.job.state == "FAILED") return ReportFailure(followed.job);
  if (followed.job.state == "SUCCEEDED") PrintResults(followed.job);
  return OutcomeOf(followed.job);
}

ExitCode Run::CancelAndReport(const Followed& before) {
  const JobView& job = before.job;
  console_.Say("cancelling " + job.id + "; Ctrl-C again to stop at once");
  // A conflict is a job that has just ended by itself: following it says how.
  const auto cancelled = client_->CancelJob(job.id);
  if (!cancelled.ok() && cancelled.error().exit_code != ExitCode::kConflict)
    return Report(console_, cancelled.error());
  const Followed followed = Follow(*client_, console_, job,
                                   {.find_trouble = [this] { return cluster_->FindDeadChild(); },
                                    .interrupts_ignored = InterruptCount(),
                                    .evaluated_step = before.evaluated_step,
                                    .timeout = kCancelWait});
  // It may have come to its end before the wish to cancel it did.
  if (followed.end == FollowEnd::kTerminal && followed.job.state != "CANCELLED")
    return Conclude(followed);
  const bool has_stopped = followed.end == FollowEnd::kTerminal;
  console_.Say(fmt::format("{} step {}",
                           has_stopped ? "cancelled at" : "ended before it stopped, at",
                           followed.job.progress.step));
  SayHowToGoOn(followed.job);
  return ExitCode::kJobCancelled;
}

// What only the data can tell is found before anything is created as well.
std::optional<ExitCode> Run::CheckData() {
  const Result<std::vector<std::string>> problems = FindDataProblems(*options_.spec);
  if (!problems.ok())
    return InterruptCount() > 0 ? ExitCode::kJobCancelled : Report(console_, problems.status());
  if (problems.value().empty()) return std::nullopt;
  return ReportDataProblems(console_, problems.value(), flags_.file);
}

ExitCode Run::ReportFailure(const JobView& job) {
  const std::string reason = job.failure ? job.failure->reason : job.state_reason;
  if (reason != "DataInvalid" && reason != "StepsImpossible") {
    ReportJobFailure(console_, WithLogTail(*client_, job));
    return ExitCode::kJobFailed;
  }
  return ReportDataProblems(console_, DataProblems(job),
                            flags_.file.empty() ? job.id : flags_.file);
}

void Run::PrintResults(const JobView& job) {
  if (wants_document_) return console_.Document(job.json);
  std::string text;
  for (const char* split : {"validation", "test"}) {
    const auto accuracy = job.latest_metrics.find(std::string(split) + "/accuracy");
    if (accuracy != job.latest_metrics.end())
      text += fmt::format("{} accuracy: {}\n", split, FormatMetric(accuracy->second));
  }
  if (job.latest_checkpoint) text += "checkpoint: " + job.latest_checkpoint->directory + "\n";
  console_.Data(text + "state digest: " + job.state_digest + "\n");
  const std::string time = FormatClock(job.end_time - job.start_time);
  console_.Say(job.attempt == 1
                   ? fmt::format("{} steps in {}",
                                 FormatGrouped(job.progress.step - job.attempt_start_step), time)
                   : fmt::format("{} attempts in {}", job.attempt, time));
  if (job.spec.data.tokenizer && job.latest_checkpoint)
    console_.Say(fmt::format("  continue a text:  descent generate {}/{}{} --prompt TEXT", job.id,
                             job.best_checkpoint ? "best" : "latest", StateDirectoryFlag()));
}

void Run::SayHowToGoOn(const JobView& job) {
  if (!job.latest_checkpoint) return;
  console_.Say(fmt::format("  go on from its last checkpoint: descent run --resume {}/latest{}",
                           job.id, StateDirectoryFlag()));
}

// What a command must be told to find the jobs of this run.
std::string Run::StateDirectoryFlag() const {
  const bool is_default = flags_.state_directory == DefaultStateDirectory();
  return is_default ? "" : " --state-dir " + flags_.state_directory;
}

}  // namespace

void AddRun(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "run", "Train a job with everything on this machine, and exit with its outcome");
  const auto flags = std::make_shared<RunFlags>();
  flags->state_directory = DefaultStateDirectory();
  command->add_option("file", flags->file, "Job file; - is stdin");
  command->add_option("--workers", flags->workers, "Ranks of this run [workers.max of the file]")
      ->check(CLI::Range(1, 4096));
  AddSetOption(*command, flags->overrides);
  AddLabelOption(*command, flags->labels);
  command->add_option("--resume", flags->resume,
                      "Start from JOB/latest, JOB/best or JOB/STEP of the same state directory");
  command->add_option("--state-dir", flags->state_directory, "Jobs, metrics, checkpoints and logs")
      ->capture_default_str();
  CLI::Option* const profile =
      command->add_option("--profile", flags->profile_file,
                          "Write a trace of some steps to this file, for Chrome and Perfetto");
  command->add_option("--profile-steps", flags->profile.steps, "Steps that the trace has")
      ->needs(profile)
      ->check(PositiveNumber())
      ->capture_default_str();
  command->add_option("--profile-warmup", flags->profile.warmup_steps, "Steps that run before it")
      ->needs(profile)
      ->check(NonNegativeNumber())
      ->capture_default_str();
  line.OnChosen(command, [&line, flags](Console& console) {
    return Run(*flags, line.WantsDocument(), console).Execute();
  });
}

}  // namespace descent
