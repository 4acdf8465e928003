#include <spdlog/fmt/fmt.h>

#include <memory>

#include "client/api/cluster_client.h"
#include "client/commands/command.h"
#include "client/render/cluster_text.h"
#include "client/render/format.h"

namespace descent {
namespace {

ExitCode ShowInfo(const CommandLine& line, Console& console) {
  const auto info = ClusterClient(line.flags().endpoint).GetServerInfo();
  if (!info.ok()) return Report(console, info.error());
  if (line.WantsDocument())
    console.Document(info.value().json);
  else
    console.Data(ServerInfoText(info.value(), SecondsSinceEpoch()));
  return ExitCode::kDone;
}

ExitCode ShowStatus(const CommandLine& line, Console& console) {
  const auto status = Client(line.flags().endpoint).GetClusterStatus();
  if (!status.ok()) return Report(console, status.error());
  if (line.WantsDocument())
    console.Document(status.value().json);
  else
    console.Data(ServerStatusText(status.value()));
  return ExitCode::kDone;
}

ExitCode MakeBackup(const CommandLine& line, const std::string& name, Console& console) {
  const auto made = ClusterClient(line.flags().endpoint).BackupState(name);
  if (!made.ok()) return Report(console, made.error());
  const StateBackupView& backup = made.value();
  if (line.WantsDocument())
    console.Document(backup.json);
  else
    console.Data((line.WantsNames() ? backup.name : backup.directory) + "\n");
  console.Say(fmt::format("backed up {} job{}, {}; checkpoints and logs are not in it", backup.jobs,
                          backup.jobs == 1 ? "" : "s", FormatBytes(backup.bytes)));
  return ExitCode::kDone;
}

ExitCode ShowAudit(const CommandLine& line, int events_max, Console& console) {
  const auto events = ClusterClient(line.flags().endpoint).ListAuditEvents(events_max);
  if (!events.ok()) return Report(console, events.error());
  if (line.WantsDocument())
    console.Document(JsonList(events.value()));
  else
    console.Data(AuditTable(events.value(), SecondsSinceEpoch()));
  return ExitCode::kDone;
}

ExitCode ShowPageAddress(const CommandLine& line, Console& console) {
  const auto cluster = Client(line.flags().endpoint).GetClusterStatus();
  if (!cluster.ok()) return Report(console, cluster.error());
  console.Data(PageAddress(line.flags().endpoint, cluster.value()) + "\n");
  return ExitCode::kDone;
}

}  // namespace

void AddDashboard(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand("dashboard", "Print the address of the live page");
  line.OnChosen(command, [&line](Console& console) { return ShowPageAddress(line, console); });
}

void AddServer(CLI::App& app, CommandLine& line) {
  CLI::App* group = app.add_subcommand("server", "Ask about the coordinator, or back it up");
  group->require_subcommand(1);
  CLI::App* info = group->add_subcommand("info", "Say what it is, and where it keeps things");
  line.OnChosen(info, [&line](Console& console) { return ShowInfo(line, console); });
  CLI::App* status = group->add_subcommand("status", "Say whether it answers, its jobs and pools");
  line.OnChosen(status, [&line](Console& console) { return ShowStatus(line, console); });

  CLI::App* audit = group->add_subcommand(
      "audit", "Who changed workers and tokens and deleted jobs, newest first, as an admin");
  const auto events_max = std::make_shared<int>(100);
  audit->add_option("--limit", *events_max, "At most so many")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  line.OnChosen(audit, [&line, events_max](Console& console) {
    return ShowAudit(line, *events_max, console);
  });

  CLI::App* backup = group->add_subcommand(
      "backup", "Copy what it knows to backups/NAME in its state directory, as an admin");
  const auto name = std::make_shared<std::string>();
  backup->add_option("name", *name, "Name of the backup [the time]");
  line.OnChosen(
      backup, [&line, name](Console& console) { return MakeBackup(line, *name, console); },
      NameForm::kHas);
}

}  // namespace descent
