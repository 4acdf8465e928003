#include <mpi.h>
#include <signal.h>
#include <spdlog/fmt/fmt.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <thread>

#include "common/job_id.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/mapping_list.h"
#include "common/option_number.h"
#include "common/version.h"
#include "common/worker_exit.h"
#include "rpc/credential_options.h"
#include "rpc/grpc_setup.h"
#include "worker/data_check.h"
#include "worker/explain_job.h"
#include "worker/export/export.h"
#include "worker/generate/generate.h"
#include "worker/kernels/instruction_set.h"
#include "worker/log_sink.h"
#include "worker/output_relay.h"
#include "worker/predict/predict.h"
#include "worker/replay_job.h"
#include "worker/session.h"
#include "worker/task_options.h"
#include "worker/tokenize.h"

namespace descent {
namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kEndSecondsMax = 10;
// The coordinator asks for the stop; where it is away, the ranks agree on it by themselves.
constexpr std::chrono::seconds kHearStopMax{1};
// Another rank of the world leaves; sent by this process to itself alone.
constexpr int kLeaveTogether = SIGUSR2;

// mpirun may be killed before it can end its ranks: then the kernel does. A parent that went before
// the kernel was asked is no longer the one that this process began with.
void DieWithParent(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() == parent) return;
  std::fprintf(stderr, "error: the process that started this worker is gone\n");
  _exit(1);
}

// What to leave with: kWorkerRequeue until the job that is left, if any, has been saved or dropped.
volatile std::sig_atomic_t exit_code = kWorkerRequeue;

// How often somebody has asked this process to end.
volatile std::sig_atomic_t times_asked = 0;

// What is left to do may wait for a peer that is gone, or for a disk: not for ever. A world ends
// together, so what others still do until `deadline` is left to do, too.
void EndAfter(Clock::time_point deadline) {
  signal(SIGALRM, [](int) { _exit(static_cast<int>(exit_code)); });
  const auto left =
      std::chrono::duration_cast<std::chrono::seconds>(deadline - Clock::now()).count();
  alarm(kEndSecondsMax + static_cast<unsigned>(std::max<std::int64_t>(left, 0)));
}

// Once nobody waits for signals any more: the second one that asks to end still ends the waiting.
void HearSecondSignal() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT}) {
    signal(number, [](int) {
      times_asked = times_asked + 1;
      if (times_asked == 2) alarm(kEndSecondsMax);
    });
    sigaddset(&signals, number);
  }
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

// A name that no other mpirun has: a launcher's, or else rank 0 draws it and all ranks get it.
std::string AgreeOnPoolName() {
  if (const char* const given = std::getenv("DESCENT_POOL")) return given;
  std::array<char, 17> name{};
  std::random_device device;
  std::snprintf(name.data(), name.size(), "%08x%08x", device(), device());
  MPI_Bcast(name.data(), static_cast<int>(name.size()), MPI_CHAR, 0, MPI_COMM_WORLD);
  return name.data();
}

std::string HostName() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

Register MakeIdentity(const std::string& only_job) {
  Register identity;
  identity.only_job = only_job;
  MPI_Comm_rank(MPI_COMM_WORLD, &identity.world_rank);
  MPI_Comm_size(MPI_COMM_WORLD, &identity.world_size);
  identity.pool = AgreeOnPoolName();
  identity.host = HostName();
  identity.pid = getpid();
  identity.instruction_set = std::string(InstructionSetName());
  identity.version = kVersion;
  return identity;
}

CLI::Validator JobIdCheck() {
  return CLI::Validator(
      [](const std::string& text) {
        return IsJobId(text) ? "" : text + " is not a job's id: 1 to 63 characters of [a-z0-9-]";
      },
      "JOB");
}

sigset_t EndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1, kLeaveTogether}) sigaddset(&signals, signal);
  return signals;
}

bool AsksToEnd(int signal) { return signal == SIGTERM || signal == SIGINT; }

// Returns at `deadline`, when `is_over`, or at the second signal that asks to end: true.
bool IsHurried(Clock::time_point deadline, const std::atomic<bool>& is_over) {
  constexpr timespec kLookEvery = {.tv_sec = 0, .tv_nsec = 50'000'000};
  const sigset_t signals = EndSignals();
  while (!is_over && times_asked < 2 && Clock::now() < deadline)
    if (AsksToEnd(sigtimedwait(&signals, nullptr, &kLookEvery))) times_asked = times_asked + 1;
  return times_asked >= 2;
}

// In a thread of its own: from the first signal on, what is left to do gets its time and no more,
// here and in the ranks that this one waits for at the world's end.
void LeaveOnSignal(Session& session, std::chrono::seconds leave_timeout,
                   const std::atomic<bool>& is_over) {
  const sigset_t signals = EndSignals();
  int signal = 0;
  sigwait(&signals, &signal);
  if (is_over) return EndAfter(Clock::now());  // nobody asked: it was dismissed
  const std::string reason =
      signal == kLeaveTogether ? "its world ends" : std::string("signal ") + strsignal(signal);
  LogInfo("leaving reason=\"{}\"", reason);
  const Clock::time_point start = Clock::now();
  const Clock::time_point deadline = start + leave_timeout;
  session.RequestEnd(reason);
  if (AsksToEnd(signal)) times_asked = 1;
  bool is_hurried = IsHurried(start + std::min(leave_timeout, kHearStopMax), is_over);
  if (!is_hurried) {
    session.StopByItself();
    is_hurried = IsHurried(deadline, is_over);
  }
  session.Abort();
  EndAfter(is_hurried ? start : deadline);
}

int ExitCodeOf(JobOutcome outcome) {
  switch (outcome) {
    case JobOutcome::kSucceeded:
      return kWorkerDone;
    case JobOutcome::kFailed:
      return kWorkerJobFailed;
    case JobOutcome::kCancelled:
      return kWorkerJobCancelled;
    case JobOutcome::kSuspended:
      break;
  }
  return kWorkerRequeue;
}

// Of one that serves one job alone: who ends it before that is over wants it to be started again.
int ExitCodeOf(const Session& session, bool has_left_job, bool is_for_one_job) {
  if (const auto outcome = session.dismissed()) return ExitCodeOf(*outcome);
  return has_left_job || is_for_one_job ? kWorkerRequeue : kWorkerDone;
}

// Runs until it is dismissed, or until a signal, which is blocked in all threads and taken by one
// that waits.
void Serve(const std::string& coordinator, const Credentials& credentials, Register identity,
           ProfileOptions profile, OutputRelay* output, std::chrono::seconds leave_timeout) {
  const auto log = std::make_shared<LogRing>();
  const bool is_for_one_job = !identity.only_job.empty();
  AddRingToLog(log);
  Session session(coordinator, credentials, std::move(identity), std::move(profile), log, output,
                  [] { kill(getpid(), kLeaveTogether); });
  std::atomic<bool> is_over = false;
  std::thread signal_waiter([&] { LeaveOnSignal(session, leave_timeout, is_over); });
  const bool has_left_job = session.Run();
  exit_code = ExitCodeOf(session, has_left_job, is_for_one_job);
  session.WaitUntilStored();
  is_over = true;
  kill(getpid(), kLeaveTogether);  // for the waiter, who may have heard no other
  signal_waiter.join();
  HearSecondSignal();
}

int Main(int argc, char** argv) {
  const pid_t parent = getppid();
  ExplainBusErrors();
  SetUpGrpc();
  CLI::App app{"A worker of Descent: one MPI rank. Start it with: mpirun -n N descent-worker"};
  std::string coordinator;
  std::string instruction_set = "best";
  app.add_option("--coordinator", coordinator, "HOST:PORT of the coordinator's worker listener")
      ->envname("DESCENT_COORDINATOR")
      ->default_val("127.0.0.1:9091");
  CredentialFiles credential_files;
  AddCredentialOptions(app, credential_files);
  app.add_option(
      "--isa", instruction_set,
      "Instruction set of the kernels: avx512_bf16, avx512, avx2 or best, which is the best the "
      "machine has; a job continues only on the one it began on, a job in f32 on both avx512");
  std::string spec_to_check;
  app.add_option("--check-data", spec_to_check,
                 "Only read the data of the spec in this file and list what is wrong with it");
  std::string spec_to_inspect;
  app.add_option("--inspect-data", spec_to_inspect,
                 "Only read the data of the spec in this file and tell what they hold");
  std::string file_to_inspect;
  app.add_option("--inspect-file", file_to_inspect,
                 "Only read this file of data and tell what it holds");
  std::string spec_to_explain;
  int explained_workers = 1;
  CLI::Option* const explain =
      app.add_option("--explain", spec_to_explain,
                     "Only print what the spec in this file is compiled to and what that costs");
  app.add_option("--explain-workers", explained_workers, "How many workers would run it")
      ->needs(explain)
      ->check(PositiveNumber());
  ScaleOptions scale;
  AddScaleOptions(app, scale);
  GenerateOptions generate;
  AddGenerateOptions(app, generate);
  PredictOptions predict;
  AddPredictOptions(app, predict);
  ExportOptions to_export;
  AddExportOptions(app, to_export);
  ReplayOptions replay;
  AddReplayOptions(app, replay);
  TokenizeOptions tokenize;
  AddTokenizeOptions(app, tokenize);
  ProfileOptions profile;
  AddProfileOptions(app, profile);
  std::string only_job;
  app.add_option("--job", only_job,
                 "Serve this job alone and leave when it is over, with 0 if it SUCCEEDED, 3 if it "
                 "FAILED, 8 if it was CANCELLED, and 75 if it goes on later or elsewhere")
      ->check(JobIdCheck());
  int leave_seconds = 60;
  app.add_option("--leave-timeout", leave_seconds,
                 "Seconds that saving the state of its job may take after a SIGTERM")
      ->envname("DESCENT_LEAVE_TIMEOUT")
      ->check(CLI::Range(0, limits::kLeaveSecondsMax))
      ->capture_default_str();
  app.set_version_flag("--version", kVersion);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (!spec_to_check.empty()) return CheckData(spec_to_check);
  if (!spec_to_inspect.empty()) return InspectData(spec_to_inspect);
  if (!file_to_inspect.empty()) return InspectDataFile(file_to_inspect);
  if (!tokenize.request.output.empty()) return Tokenize(tokenize);
  if (!to_export.checkpoint.empty()) return Export(to_export);
  if (const Status status = SetInstructionSet(instruction_set); !status.ok()) {
    std::fprintf(stderr, "error: --isa: %s\n", status.message().c_str());
    return 2;
  }
  if (!spec_to_explain.empty()) return ExplainJob(spec_to_explain, explained_workers);
  if (!replay.spec_file.empty()) return ReplayJob(replay);
  if (!scale.spec_file.empty()) return ScaleJob(scale);
  if (!generate.checkpoint.empty()) return Generate(generate);
  if (!predict.checkpoint.empty()) return Predict(predict);

  const Result<Credentials> credentials = ReadCredentials(credential_files, coordinator);
  if (!credentials.ok()) {
    std::fprintf(stderr, "error: %s\n", credentials.status().message().c_str());
    return 2;
  }
  DieWithParent(parent);
  const auto output =
      OutputRelay::Start(coordinator, credentials.value(), {argv, static_cast<std::size_t>(argc)});
  if (!output.ok())
    std::fprintf(stderr, "warning: output is not sent to the coordinator: %s\n",
                 output.status().message().c_str());
  OutputRelay* const relay = output.ok() ? output.value().get() : nullptr;
  const sigset_t signals = EndSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  int thread_level = MPI_THREAD_SINGLE;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &thread_level);
  if (thread_level < MPI_THREAD_SERIALIZED) {
    std::fprintf(stderr,
                 "error: this MPI serves one thread only; MPI_THREAD_SERIALIZED is needed\n");
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  Register identity = MakeIdentity(only_job);
  // What is logged goes to the coordinator by itself.
  InitLog(fmt::format("worker {}", identity.world_rank),
          relay == nullptr ? stderr : relay->passed_by());
  Serve(coordinator, credentials.value(), std::move(identity), std::move(profile), relay,
        std::chrono::seconds(leave_seconds));

  MPI_Finalize();
  return static_cast<int>(exit_code);
}

}  // namespace
}  // namespace descent

int main(int argc, char** argv) { return descent::Main(argc, argv); }
