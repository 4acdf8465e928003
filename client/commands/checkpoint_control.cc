#include <spdlog/fmt/fmt.h>

#include <chrono>
#include <memory>

#include "client/api/checkpoint_client.h"
#include "client/api/job_watcher.h"
#include "client/commands/command.h"
#include "client/render/format.h"
#include "client/render/job_text.h"

// What is done to single checkpoints.

namespace descent {
namespace {

constexpr char kCheckpointHelp[] = "JOB/STEP, JOB/latest or JOB/best; JOB alone is its latest";

// "JOB/120" of "jobs/JOB/checkpoints/120".
std::string ShortName(const std::string& name) {
  return JobIdOf(name.substr(0, name.rfind("/checkpoints/"))) + name.substr(name.rfind('/'));
}

ExitCode Get(const CommandLine& line, const std::string& argument, Console& console) {
  const auto name = CheckpointOrLatestNameOf(argument);
  if (!name.ok()) return Report(console, name.error());
  const auto checkpoint = CheckpointClient(line.flags().endpoint).Get(name.value());
  if (!checkpoint.ok()) return Report(console, checkpoint.error());
  if (line.WantsDocument()) {
    console.Document(checkpoint.value().json);
  } else if (line.WantsNames()) {
    console.Data(ShortName(checkpoint.value().name) + "\n");
  } else {
    console.Data(CheckpointDescription(checkpoint.value(), SecondsSinceEpoch()));
  }
  return ExitCode::kDone;
}

// Calls `act` with each checkpoint's name, whatever became of those before; it answers with the
// name that it has acted on and what to say, or with why it has not.
struct Done {
  std::string name;
  std::string text;
  std::string json;
};
using Act = Reply<Done> (*)(CheckpointClient& client, const std::string& name);

ExitCode ForEach(const CommandLine& line, const std::vector<std::string>& arguments, Act act,
                 Console& console) {
  CheckpointClient client(line.flags().endpoint);
  ExitCode exit_code = ExitCode::kDone;
  std::vector<Done> all;
  for (const std::string& argument : arguments) {
    const auto name = CheckpointOrLatestNameOf(argument);
    const Reply<Done> done = name.ok() ? act(client, name.value()) : Reply<Done>(name.error());
    if (!done.ok()) {
      exit_code = Report(console, done.error());
      continue;
    }
    all.push_back(done.value());
    const std::string short_name = ShortName(done.value().name);
    console.Say(fmt::format("{} {}", short_name, done.value().text));
    if (line.WantsNames()) console.Data(short_name + "\n");
  }
  if (line.WantsDocument()) console.Document(JsonList(all));
  return exit_code;
}

Reply<Done> Pin(CheckpointClient& client, const std::string& name) {
  const auto checkpoint = client.Pin(name);
  if (!checkpoint.ok()) return checkpoint.error();
  return Done{checkpoint.value().name, "is pinned: it stays until it is unpinned",
              checkpoint.value().json};
}

Reply<Done> Unpin(CheckpointClient& client, const std::string& name) {
  const auto checkpoint = client.Unpin(name);
  if (!checkpoint.ok()) return checkpoint.error();
  return Done{checkpoint.value().name, "is not pinned", checkpoint.value().json};
}

Reply<Done> Verify(CheckpointClient& client, const std::string& name) {
  const auto verified = client.Verify(name);
  if (!verified.ok()) return verified.error();
  return Done{
      verified.value().checkpoint.name,
      fmt::format("is whole: all {} are what was written", FormatBytes(verified.value().bytes)),
      verified.value().json};
}

// An alias is resolved here, so that a call that is repeated means the same checkpoint.
Reply<Done> Delete(CheckpointClient& client, const std::string& name) {
  std::string with_step = name;
  if (name.ends_with("/latest") || name.ends_with("/best")) {
    const auto checkpoint = client.Get(name);
    if (!checkpoint.ok()) return checkpoint.error();
    with_step = checkpoint.value().name;
  }
  if (const auto error = client.Delete(with_step)) return *error;
  return Done{with_step, "deleted", fmt::format("{{\"name\":\"{}\"}}", with_step)};
}

struct Command {
  const char* name;
  const char* help;
  Act act;
};

constexpr Command kCommands[] = {
    {"pin", "Keep checkpoints until they are unpinned, whatever the job file says", Pin},
    {"unpin", "Let checkpoints go as the job file says", Unpin},
    {"verify", "Read all of checkpoints and compare it with what was written", Verify},
    {"delete", "Remove checkpoints that no job needs to go on", Delete},
};

// Its ranks are there to save its state.
bool MaySave(const JobView& job) {
  return job.state == "RUNNING" || job.state == "SUSPENDING" || job.state == "STOPPING" ||
         job.state == "CANCELLING";
}

// What its condition says of the saves that were skipped.
std::string NoSpaceText(const JobView& job) {
  for (const ConditionView& condition : job.conditions)
    if (condition.type == "CheckpointHealthy" && condition.status == "FALSE")
      return condition.message;
  return "its volume was full; it goes on";
}

// A checkpoint that holds what the job has learned until it was asked for it.
Reply<CheckpointView> WaitForCheckpoint(Client& client, const JobView& asked) {
  JobWatcher watcher(client, asked.id);
  while (true) {
    const JobWatcher::Update update = watcher.Wait(std::chrono::seconds(1));
    if (update.error) return *update.error;
    if (!update.job) continue;
    const JobView& job = *update.job;
    const bool is_same_attempt = job.attempt == asked.attempt;
    if (is_same_attempt && job.save_requests_done >= asked.save_requests && job.latest_checkpoint)
      return *job.latest_checkpoint;
    if (is_same_attempt && job.save_requests_failed >= asked.save_requests)
      return ApiError{
          .exit_code = ExitCode::kConflict,
          .message = fmt::format("the state of job {} is not saved: {}", job.id, NoSpaceText(job)),
          .violations = {}};
    if (is_same_attempt && MaySave(job)) continue;
    return ApiError{.exit_code = ExitCode::kConflict,
                    .message = fmt::format("job {} is {} and had not saved its state before: {}",
                                           job.id, job.state, job.state_message),
                    .violations = {}};
  }
}

ExitCode SaveNow(const CommandLine& line, const std::string& argument, bool waits,
                 Console& console) {
  Client client(line.flags().endpoint);
  const auto job = client.CheckpointJob(JobIdOf(argument));
  if (!job.ok()) return Report(console, job.error());
  const std::string& id = job.value().id;
  if (!waits) {
    console.Say(
        fmt::format("job/{} saves its state after one of its next steps\n"
                    "  see:      descent checkpoint ls {}",
                    id, id));
    if (line.WantsDocument()) console.Document(job.value().json);
    if (line.WantsNames()) console.Data(id + "\n");
    return ExitCode::kDone;
  }
  const auto checkpoint = WaitForCheckpoint(client, job.value());
  if (!checkpoint.ok()) return Report(console, checkpoint.error());
  const std::string name = ShortName(checkpoint.value().name);
  console.Say(name + " is saved, and the job goes on");
  if (line.WantsDocument()) console.Document(checkpoint.value().json);
  if (line.WantsNames()) console.Data(name + "\n");
  return ExitCode::kDone;
}

void AddSaveNow(CLI::App& group, CommandLine& line) {
  CLI::App* now = group.add_subcommand("now", "Have a running job save its state and go on");
  const auto job = std::make_shared<std::string>();
  const auto waits = std::make_shared<bool>(false);
  now->add_option("job", *job, "Name of the job")->required();
  now->add_flag("--wait", *waits, "Leave once the checkpoint is listed");
  line.OnChosen(
      now, [&line, job, waits](Console& console) { return SaveNow(line, *job, *waits, console); },
      NameForm::kHas);
}

}  // namespace

void AddCheckpointControl(CLI::App& group, CommandLine& line) {
  CLI::App* get = group.add_subcommand("get", "Show one checkpoint");
  const auto checkpoint = std::make_shared<std::string>();
  get->add_option("checkpoint", *checkpoint, kCheckpointHelp)->required();
  line.OnChosen(
      get, [&line, checkpoint](Console& console) { return Get(line, *checkpoint, console); },
      NameForm::kHas);

  AddSaveNow(group, line);
  for (const Command& command : kCommands) {
    CLI::App* added = group.add_subcommand(command.name, command.help);
    const auto checkpoints = std::make_shared<std::vector<std::string>>();
    added->add_option("checkpoints", *checkpoints, kCheckpointHelp)->required();
    line.OnChosen(
        added,
        [&line, checkpoints, act = command.act](Console& console) {
          return ForEach(line, *checkpoints, act, console);
        },
        NameForm::kHas);
  }
}

}  // namespace descent
