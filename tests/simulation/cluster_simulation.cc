#include "tests/simulation/cluster_simulation.h"

#include <spdlog/fmt/fmt.h>

#include <chrono>

#include "tests/scenario/action_text.h"
#include "tests/simulation/message_text.h"

namespace descent {
namespace {

constexpr std::chrono::seconds kTickInterval{1};
// Of simulated time, after the last fault, for all jobs to end in. Each has at most 120 steps of 4
// s.
constexpr std::chrono::hours kPeaceMax{100};
constexpr double kWallStart = 1.7e9;  // seconds since the epoch

StateOptions OptionsOfCoordinator() {
  return {.checkpoint_root = "/checkpoints",
          .stall_timeout = std::chrono::seconds(60),
          .resize_interval = std::chrono::seconds(10),
          .start_timeout = std::chrono::seconds(60),
          .min_runtime = std::chrono::seconds(5)};
}

struct EventText {
  std::string operator()(const WorkerSaid& said) const {
    return fmt::format("{} {} {}", said.session, said.sequence, MessageText(said.message));
  }
  std::string operator()(const WorkerGone& gone) const {
    return fmt::format("gone {}", gone.session);
  }
  std::string operator()(const WorldEnded& ended) const { return "ended " + ended.exit.pool; }
  std::string operator()(const Restore& restore) const {
    return fmt::format("restore {}", restore.last_generation);
  }
  std::string operator()(const Tick&) const { return "tick"; }
  std::string operator()(const CommandWorker& command) const {
    return fmt::format("worker {} {} {}", command.pool, command.world_rank,
                       static_cast<int>(command.command));
  }
  std::string operator()(const SubmitJob& submit) const { return "submit " + submit.job_id; }
  std::string operator()(const UpdateJob& update) const { return "update " + update.job_id; }
  std::string operator()(const CancelJobs& cancel) const {
    return fmt::format("cancel {}", fmt::join(cancel.job_ids, " "));
  }
  std::string operator()(const auto& command) const {
    return fmt::format("command {} {}", command.job_id, static_cast<int>(command.command));
  }
};

}  // namespace

ClusterSimulation::ClusterSimulation(const SimulationOptions& options)
    : options_(options), random_(options.seed), coordinator_(OptionsOfCoordinator()) {
  MakeSites();
  faults_until_ = std::chrono::duration_cast<Time>(
      std::chrono::duration<double, std::ratio<3600>>(options_.fault_hours));
}

SimulationReport ClusterSimulation::Run() {
  for (std::size_t site = 0; site < sites_.size(); ++site) StartWorld(site);
  TickForEver();
  FaultForEver();
  AskForEver();
  while (!is_over_ && IsSound()) queue_.RunNext();
  return MakeReport();
}

bool ClusterSimulation::IsSound() const {
  return checks_.violations().empty() && coordinator_.observer().violations().empty();
}

// Every job that can end must, once nothing fails any more.
void ClusterSimulation::LookForTheEnd() {
  if (queue_.now() < faults_until_) return;
  is_over_ = coordinator_.observer().AllJobsAreTerminal();
  if (is_over_ || queue_.now() < faults_until_ + kPeaceMax) return;
  for (const auto& [id, job] : coordinator_.observer().stored_jobs())
    if (!IsTerminal(job.state))
      checks_.Add(
          fmt::format("{} does not end: {}, {}", id, JobStateName(job.state), job.state_message));
}

EventTime ClusterSimulation::Now() const {
  const std::chrono::duration<double> now = queue_.now();
  return {MonotonicTime() + std::chrono::hours(1) + queue_.now(),
          kWallStart + wall_offset_ + now.count()};
}

std::vector<Action> ClusterSimulation::Post(const Event& event) {
  if (!coordinator_.is_up()) return {};
  if (crash_after_ && *crash_after_ < 0) {
    CrashCoordinator();
    return {};
  }
  std::vector<Action> actions = coordinator_.Apply(event, Now());
  Follow(event, actions);
  return actions;
}

void ClusterSimulation::Follow(const Event& event, const std::vector<Action>& actions) {
  ++report_.events;
  Trace(event, actions);
  checks_.Check(event, actions, coordinator_.observer(), disk_);
  Perform(actions);
}

void ClusterSimulation::Trace(const Event& event, const std::vector<Action>& actions) {
  AddToTrace(fmt::format("{} {}", queue_.now().count(), std::visit(EventText(), event)));
  const auto name_of = [](SessionId session) { return std::to_string(session); };
  for (const std::string& line : ActionLines(actions, name_of)) AddToTrace("  " + line);
}

void ClusterSimulation::AddToTrace(const std::string& line) {
  for (const char c : line) report_.trace = Mixed(report_.trace, static_cast<unsigned char>(c));
  if (options_.prints_trace) fmt::print("{}\n", line);
}

// A crash may come between any two messages.
void ClusterSimulation::Perform(const std::vector<Action>& actions) {
  for (const Action& action : actions) {
    const auto* send = std::get_if<SendToWorker>(&action);
    const auto* close = std::get_if<CloseSession>(&action);
    if (send == nullptr && close == nullptr) continue;
    if (crash_after_ && (*crash_after_)-- == 0) return CrashCoordinator();
    if (send != nullptr) SendDown(send->session, send->message);
    if (close != nullptr) CloseDown(close->session);
  }
  if (crash_after_) CrashCoordinator();
}

void ClusterSimulation::CrashCoordinator() {
  crash_after_.reset();
  coordinator_.Crash();
  std::vector<SessionId> sessions;
  for (auto& [session, stream] : streams_) {
    sessions.push_back(session);
    // What it had sent may arrive yet, or not.
    if (random_.Happens(0.5)) stream.is_open_down = false;
  }
  for (const SessionId session : sessions) CloseDown(session);
  queue_.After(random_.Seconds(0.05, 40), [this] { StartCoordinator(); });
}

void ClusterSimulation::StartCoordinator() {
  const std::vector<Action> actions = coordinator_.Start(Now());
  Follow(Restore{.last_generation = coordinator_.state().generation()}, actions);
}

void ClusterSimulation::TickForEver() {
  Post(Tick());
  LookForTheEnd();
  queue_.After(kTickInterval, [this] { TickForEver(); });
}

SimulationReport ClusterSimulation::MakeReport() {
  const ActionObserver& observer = coordinator_.observer();
  report_.seconds = std::chrono::duration<double>(queue_.now()).count();
  report_.resizes = observer.resizes();
  for (const auto& [id, job] : observer.stored_jobs())
    ++report_.ends[std::string(JobStateName(job.state))];
  report_.violations = observer.violations();
  report_.violations.insert(report_.violations.end(), checks_.violations().begin(),
                            checks_.violations().end());
  return report_;
}

}  // namespace descent
