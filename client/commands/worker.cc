#include <spdlog/fmt/fmt.h>

#include <memory>

#include "client/api/cluster_client.h"
#include "client/commands/command.h"
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

ExitCode List(const CommandLine& line, Console& console) {
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
    console.Data(WorkerTable(workers));
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
  for (const WorkerView& worker : found) names += " " + WorkerNameText(worker);
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

ExitCode Perform(const CommandLine& line, const WorkerControl& control,
                 const std::vector<std::string>& names, Console& console) {
  ClusterClient client(line.flags().endpoint);
  const auto pools = client.ListPools();
  if (!pools.ok()) return Report(console, pools.error());
  std::vector<std::string> wanted;
  for (const std::string& name : names) {
    const auto worker = FindOne(pools.value(), name);
    if (!worker.ok()) return Report(console, worker.error());
    wanted.push_back(worker.value().name);
  }
  // Before the first of them gives its job away, none of the others may get it.
  if (control.call == kDrain.call)
    for (const std::string& name : wanted)
      if (const auto cordoned = client.CordonWorker(name); !cordoned.ok())
        return Report(console, cordoned.error());
  std::vector<WorkerView> changed;
  for (const std::string& name : wanted) {
    const auto worker = (client.*control.call)(name);
    if (!worker.ok()) return Report(console, worker.error());
    changed.push_back(worker.value());
    console.Say(Told(worker.value()));
  }
  if (line.WantsDocument()) console.Document(JsonList(changed));
  if (line.WantsNames())
    for (const WorkerView& worker : changed) console.Data(WorkerNameText(worker) + "\n");
  return ExitCode::kDone;
}

void Add(CLI::App& group, CommandLine& line, const WorkerControl& control) {
  CLI::App* command = group.add_subcommand(control.name, control.help);
  const auto names = std::make_shared<std::vector<std::string>>();
  command
      ->add_option("workers", *names,
                   "POOL/RANK, as descent worker ls has them, or HOST/RANK where that is one")
      ->required();
  line.OnChosen(
      command,
      [&line, &control, names](Console& console) {
        return Perform(line, control, *names, console);
      },
      NameForm::kHas);
}

}  // namespace

void AddWorker(CLI::App& app, CommandLine& line) {
  CLI::App* group = app.add_subcommand("worker", "List workers; keep them from jobs, as an admin");
  group->require_subcommand(1);
  CLI::App* list = group->add_subcommand("ls", "List the workers of all pools");
  line.OnChosen(
      list, [&line](Console& console) { return List(line, console); }, NameForm::kHas);
  for (const WorkerControl* control : {&kCordon, &kUncordon, &kDrain}) Add(*group, line, *control);
}

}  // namespace descent
