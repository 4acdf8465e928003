#include <spdlog/fmt/fmt.h>

#include <memory>

#include "client/api/cluster_client.h"
#include "client/commands/command.h"
#include "client/commands/idle_wait.h"
#include "client/interrupt.h"
#include "client/render/cluster_text.h"

namespace descent {
namespace {

// One command that changes what workers are there for.
struct WorkerControl {
  const char* name;
  const char* help;
  Reply<WorkerView> (ClusterClient::*call)(const std::string& name);
};

constexpr WorkerControl kCordon{.name = "cordon",
                                .help = "Give workers no new job; what runs on them goes on",
                                .call = &ClusterClient::CordonWorker};
constexpr WorkerControl kUncordon{
    .name = "uncordon", .help = "Give workers jobs again", .call = &ClusterClient::UncordonWorker};
constexpr WorkerControl kDrain{.name = "drain",
                               .help = "Cordon workers, and move their jobs to others",
                               .call = &ClusterClient::DrainWorker};

struct WorkerFlags {
  std::vector<std::string> names;
  bool waits = false;                     // until they have no job; of kDrain
  std::optional<double> timeout_seconds;  // of the wait
};

ExitCode ListWorkers(const CommandLine& line, Console& console) {
  const auto pools = ClusterClient(line.flags().endpoint).ListPools();
  if (!pools.ok()) return Report(console, pools.error());
  std::vector<WorkerView> workers;
  for (const PoolView& pool : pools.value())
    workers.insert(workers.end(), pool.workers.begin(), pool.workers.end());
  if (line.WantsDocument()) {
    console.Document(JsonList(workers));
  } else if (line.WantsNames()) {
    for (const WorkerView& worker : workers) console.Data(WorkerNameText(worker) + "\n");
  } else if (workers.empty()) {
    console.Say("no workers are attached; start some: descent launch -n 2");
  } else {
    console.Data(WorkerTable(workers, line.Width()));
  }
  return ExitCode::kDone;
}

// The one worker that is meant; without a value, the exit code to leave with is told.
Reply<WorkerView> FindOne(const std::vector<PoolView>& pools, const std::string& name) {
  const std::vector<WorkerView> found = FindWorkers(pools, name);
  if (found.size() == 1) return found.front();
  if (found.empty())
    return ApiError{
        .exit_code = ExitCode::kNotFound,
        .message = fmt::format("no worker is named \"{}\"; see descent worker ls", name),
        .violations = {}};
  std::string names;
  for (const WorkerView& worker : found) names += fmt::format(" {}", WorkerNameText(worker));
  return ApiError{
      .exit_code = ExitCode::kUsage,
      .message = fmt::format("\"{}\" may be any of{}; name one of them so", name, names),
      .violations = {}};
}

std::string Told(const WorkerView& worker) {
  const std::string name = "worker/" + WorkerNameText(worker);
  if (worker.state == "DRAINING")
    return fmt::format(
        "{0} is being drained: job {1} saves its state and moves\n"
        "  follow:   descent watch {1}",
        name, worker.job);
  if (worker.state == "CORDONED")
    return worker.job.empty()
               ? fmt::format("{} is cordoned, and idle", name)
               : fmt::format("{} is cordoned; job {} goes on\n  move it:  descent worker drain {}",
                             name, worker.job, WorkerNameText(worker));
  return fmt::format("{} gets jobs", name);
}

// Their names in the API; all are found before anything is changed.
Reply<std::vector<std::string>> FindEach(ClusterClient& client,
                                         const std::vector<std::string>& names) {
  const auto pools = client.ListPools();
  if (!pools.ok()) return pools.error();
  std::vector<std::string> found;
  for (const std::string& name : names) {
    const auto worker = FindOne(pools.value(), name);
    if (!worker.ok()) return worker.error();
    found.push_back(worker.value().name);
  }
  return found;
}

Reply<std::vector<WorkerView>> ChangeEach(ClusterClient& client, const WorkerControl& control,
                                          const std::vector<std::string>& names, Console& console) {
  // Before the first of them gives its job away, none of the others may get it.
  if (control.call == kDrain.call)
    for (const std::string& name : names)
      if (const auto cordoned = client.CordonWorker(name); !cordoned.ok()) return cordoned.error();
  std::vector<WorkerView> changed;
  for (const std::string& name : names) {
    const auto worker = (client.*control.call)(name);
    if (!worker.ok()) return worker.error();
    changed.push_back(worker.value());
    console.Say(Told(worker.value()));
  }
  return changed;
}

ExitCode Perform(const CommandLine& line, const WorkerControl& control, const WorkerFlags& flags,
                 Console& console) {
  if (flags.waits) CatchInterrupts();
  ClusterClient client(line.flags().endpoint);
  const auto names = FindEach(client, flags.names);
  if (!names.ok()) return Report(console, names.error());
  const auto changed = ChangeEach(client, control, names.value(), console);
  if (!changed.ok()) return Report(console, changed.error());
  IdleWait wait(client, console, changed.value());
  const ExitCode outcome = flags.waits ? wait.Run(flags.timeout_seconds) : ExitCode::kDone;
  const std::vector<WorkerView> workers = wait.Workers();
  if (line.WantsDocument()) console.Document(JsonList(workers));
  if (line.WantsNames())
    for (const WorkerView& worker : workers) console.Data(WorkerNameText(worker) + "\n");
  return outcome;
}

void Add(CLI::App& group, CommandLine& line, const WorkerControl& control) {
  CLI::App* command = group.add_subcommand(control.name, control.help);
  const auto flags = std::make_shared<WorkerFlags>();
  command
      ->add_option("workers", flags->names,
                   "POOL/RANK, as descent worker ls has them, or HOST/RANK where that is one")
      ->required();
  if (control.call == kDrain.call) {
    CLI::Option* const waits =
        command->add_flag("--wait", flags->waits, "Wait until they have no job any more");
    AddTimeoutOption(*command, flags->timeout_seconds)->needs(waits);
  }
  line.OnChosen(
      command,
      [&line, &control, flags](Console& console) {
        return Perform(line, control, *flags, console);
      },
      NameForm::kHas);
}

}  // namespace

void AddWorker(CLI::App& app, CommandLine& line) {
  CLI::App* group = app.add_subcommand("worker", "List workers; keep them from jobs, as an admin");
  group->require_subcommand(1);
  CLI::App* list = group->add_subcommand("ls", "List the workers of all pools");
  line.OnChosen(
      list, [&line](Console& console) { return ListWorkers(line, console); }, NameForm::kHas);
  for (const WorkerControl* control : {&kCordon, &kUncordon, &kDrain}) Add(*group, line, *control);
}

}  // namespace descent
