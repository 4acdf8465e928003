#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>
#include <utility>

#include "client/commands/command.h"
#include "client/examples.h"
#include "client/failure_report.h"
#include "client/follow.h"
#include "client/interrupt.h"
#include "client/local_cluster.h"
#include "common/check.h"
#include "common/find_program.h"

namespace descent {
namespace {

constexpr std::string_view kExample = "quickstart.yaml";
constexpr const char* kQuickstartPrefix = "quickstart-";
constexpr std::chrono::milliseconds kPollInterval{100};

struct QuickstartFlags {
  std::string file;  // empty: the example
  std::vector<std::string> overrides;
  int workers = 2;
  std::string state_directory;
};

// One `descent quickstart`: a whole service on this machine that lives until Ctrl-C, and a job on
// it. What somebody kills of it, to see what happens, comes back.
class Quickstart {
 public:
  Quickstart(const CommandLine& line, const QuickstartFlags& flags, Console& console)
      : line_(line), flags_(flags), console_(console) {}

  ExitCode Execute();

 private:
  Reply<JobSpec> ReadSpec();
  LocalAddresses Addresses() const;
  Status StartService();
  Reply<JobView> FindOrCreateJob(JobSpec spec);
  std::optional<std::string> LookAfterService();
  ExitCode Serve(const Followed& followed);
  void SayWhatToTry(const JobView& job);
  void SayWhatIsNext(const JobView& job);
  std::string ForkText(const JobView& job);

  const CommandLine& line_;
  const QuickstartFlags& flags_;
  Console& console_;
  std::unique_ptr<LocalCluster> cluster_;
  std::unique_ptr<Client> client_;
};

Reply<JobSpec> Quickstart::ReadSpec() {
  if (!flags_.file.empty()) {
    auto loaded = LoadJobFile(console_, flags_.file, flags_.overrides);
    if (!loaded.ok()) return loaded.error();
    return loaded.value().spec;
  }
  const auto example = std::ranges::find(ExampleFiles(), kExample, &EmbeddedFile::name);
  DESCENT_CHECK(example != ExampleFiles().end());
  JobFile file = ReadJobFile(example->content, flags_.overrides);
  if (file.problems.empty()) return std::move(file.spec);
  console_.Problems(FormatProblems(file.problems, kExample));
  return ApiError{.exit_code = ExitCode::kUsage, .reason = "", .message = ""};
}

// Those that every command knows, unless another server was named.
LocalAddresses Quickstart::Addresses() const {
  if (line_.flags().is_server_named) return {.user = line_.flags().endpoint.address};
  return {
      .user = line_.flags().endpoint.address, .worker = "127.0.0.1:9091", .http = "127.0.0.1:8080"};
}

Status Quickstart::StartService() {
  DESCENT_ASSIGN(cluster_, LocalCluster::Start(std::filesystem::absolute(flags_.state_directory),
                                               Addresses()));
  client_ = std::make_unique<Client>(Endpoint{cluster_->addresses().user});
  if (!FindProgram("mpirun").empty()) return cluster_->StartWorkers(flags_.workers, {});
  console_.Say(
      "mpirun is not installed, so there is one worker instead of several; on Debian: apt-get "
      "install openmpi-bin");
  return cluster_->StartLoneWorker();
}

// A job that an earlier quickstart has left goes on.
Reply<JobView> Quickstart::FindOrCreateJob(JobSpec spec) {
  const auto unfinished =
      client_->ListJobs({.states = {"QUEUED", "STARTING", "RUNNING", "RECOVERING", "SUSPENDING"}});
  if (!unfinished.ok()) return unfinished.error();
  for (const JobView& job : unfinished.value().jobs)
    if (job.request_id.starts_with(kQuickstartPrefix)) {
      console_.Say(fmt::format("{} goes on where it was", job.id));
      return job;
    }
  CreateJobOptions options;
  options.spec = std::move(spec);
  options.request_id = kQuickstartPrefix + RandomRequestId();
  return client_->CreateJob(options);
}

// What is wrong with it, if it cannot be helped.
std::optional<std::string> Quickstart::LookAfterService() {
  const Result<std::string> back = cluster_->Revive();
  if (!back.ok()) return back.status().message();
  if (!back.value().empty()) {
    console_.Say(fmt::format("{}; it is started again: process {} is the coordinator", back.value(),
                             cluster_->coordinator_pid()));
    return std::nullopt;
  }
  return cluster_->FindDeadChild();
}

void Quickstart::SayWhatToTry(const JobView& job) {
  const LocalAddresses& addresses = cluster_->addresses();
  const bool is_usual = addresses.user == "127.0.0.1:9090";
  console_.Say(fmt::format(
      "coordinator {0}, process {1}; page http://{2}/#/jobs/{3}\n"
      "in another terminal:\n{4}"
      "  look:      descent watch {3}\n"
      "             descent worker ls\n"
      "             descent logs {3} --rank 1\n"
      "  break it:  kill -9 {1}        the coordinator, which comes back without a loss\n"
      "             kill -9 PROCESS    a worker of descent worker ls; the job goes on from its "
      "last checkpoint",
      addresses.user, cluster_->coordinator_pid(), addresses.http, job.id,
      is_usual ? "" : fmt::format("  first:     export DESCENT_SERVER={}\n", addresses.user)));
}

// From the first checkpoint that is kept: what follows it is trained again, in another way.
std::string Quickstart::ForkText(const JobView& job) {
  const auto checkpoints = client_->ListCheckpoints(job.id);
  if (!checkpoints.ok() || checkpoints.value().size() < 2) return "";
  return fmt::format(
      "  change it:     descent fork {0} --from {1} --name changed --set optimizer.adamw.lr=3e-3\n"
      "                 descent metrics compare {0} changed --metric validation/loss\n",
      job.id, checkpoints.value().front().step);
}

void Quickstart::SayWhatIsNext(const JobView& job) {
  console_.Say(
      fmt::format("{0} {1} after step {2}; the service goes on until Ctrl-C\n{3}"
                  "  take it away:  descent checkpoint export {0}/{4} -o model.safetensors\n"
                  "                 python3 -c 'from safetensors.numpy import load_file; "
                  "print(load_file(\"model.safetensors\").keys())'",
                  job.id, job.state, job.progress.step, ForkText(job),
                  job.best_checkpoint ? "best" : "latest"));
}

// The job is at its end, or is left to the next quickstart.
ExitCode Quickstart::Serve(const Followed& followed) {
  if (followed.end == FollowEnd::kInterrupted) {
    console_.Say(fmt::format("the service ends; descent quickstart goes on with {} where it was",
                             followed.job.id));
    return ExitCode::kInterrupted;
  }
  if (followed.end == FollowEnd::kTrouble)
    return Report(console_, Status(Code::kUnavailable, followed.trouble));
  if (followed.end == FollowEnd::kLost) return Report(console_, followed.error);
  if (followed.job.state == "FAILED") {
    ReportJobFailure(console_, WithLogTail(*client_, followed.job));
    return ExitCode::kJobFailed;
  }
  SayWhatIsNext(followed.job);
  while (InterruptCount() == 0) {
    if (const auto trouble = LookAfterService(); trouble && InterruptCount() == 0)
      return Report(console_, Status(Code::kUnavailable, *trouble));
    std::this_thread::sleep_for(kPollInterval);
  }
  return OutcomeOf(followed.job);
}

ExitCode Quickstart::Execute() {
  auto spec = ReadSpec();
  if (!spec.ok()) return spec.error().exit_code;
  CatchInterrupts();
  if (const Status started = StartService(); !started.ok()) {
    if (InterruptCount() > 0) return ExitCode::kInterrupted;
    console_.Say("descent quickstart --server 127.0.0.1:0 takes ports that are free");
    return Report(console_, started);
  }
  const auto job = FindOrCreateJob(std::move(spec).value());
  if (!job.ok()) return Report(console_, job.error());
  if (line_.WantsDocument())
    console_.Document(job.value().json);
  else
    console_.Data(job.value().id + "\n");
  SayWhatToTry(job.value());
  return Serve(Follow(*client_, console_, job.value(),
                      {.find_trouble = [this] { return LookAfterService(); }}));
}

}  // namespace

void AddQuickstart(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "quickstart", "Start a whole service on this machine, with a job to look at, until Ctrl-C");
  const auto flags = std::make_shared<QuickstartFlags>();
  flags->state_directory = DefaultStateDirectory();
  command->add_option("file", flags->file, "Another job file than the example");
  AddSetOption(*command, flags->overrides);
  command->add_option("--workers", flags->workers, "Workers to start")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command->add_option("--state-dir", flags->state_directory, "Jobs, metrics, checkpoints and logs")
      ->capture_default_str();
  line.OnChosen(
      command,
      [&line, flags](Console& console) { return Quickstart(line, *flags, console).Execute(); },
      NameForm::kHas);
}

}  // namespace descent
