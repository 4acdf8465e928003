#include <spdlog/fmt/fmt.h>

#include <limits>
#include <memory>

#include "client/commands/command.h"
#include "client/render/job_text.h"

namespace descent {
namespace {

struct LsFlags {
  JobSelection selection{.states = {}, .jobs_max = 100};
  bool wants_all = false;
};

ExitCode Ls(const CommandLine& line, const LsFlags& flags, Console& console) {
  JobSelection selection = flags.selection;
  if (flags.wants_all) selection.jobs_max = std::numeric_limits<int>::max();
  selection.wants_json = line.WantsDocument();
  const auto found = Client(line.flags().endpoint).ListJobs(selection);
  if (!found.ok()) return Report(console, found.error());
  const auto& [jobs, has_more] = found.value();
  if (line.WantsDocument()) {
    console.Document(JsonList(jobs));
  } else if (line.WantsNames()) {
    for (const JobView& job : jobs) console.Data(job.id + "\n");
  } else if (jobs.empty()) {
    const bool is_of_all = selection.states.empty() && selection.filter.empty();
    console.Say(is_of_all ? "no jobs; create one: descent submit FILE" : "no such jobs");
  } else {
    console.Data(JobTable(jobs, SecondsSinceEpoch(), line.Width()));
  }
  if (has_more)
    console.Say(
        fmt::format("these are the {} {}; there are more: --all, --limit, --state, --filter",
                    selection.order_by.empty() ? "newest" : "first", jobs.size()));
  return ExitCode::kDone;
}

}  // namespace

void AddLs(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand("ls", "List the jobs, newest first unless sorted");
  const auto flags = std::make_shared<LsFlags>();
  command
      ->add_option("--state", flags->selection.states,
                   "Only jobs in this state; any number of times")
      ->transform(
          CLI::IsMember({"QUEUED", "STARTING", "RUNNING", "RECOVERING", "CANCELLING", "SUCCEEDED",
                         "FAILED", "CANCELLED", "SUSPENDING", "SUSPENDED", "STOPPING"},
                        CLI::ignore_case))
      ->allow_extra_args(false);
  command
      ->add_option("--filter", flags->selection.filter,
                   "Only jobs for which this holds: 'state = RUNNING AND labels.team = nlp'")
      ->type_name("EXPR");
  command
      ->add_option("--sort", flags->selection.order_by,
                   "Order, by fields with commas: 'priority desc, create_time'")
      ->type_name("KEYS");
  command->add_option("--limit", flags->selection.jobs_max, "How many, of the first")
      ->check(CLI::Range(1, std::numeric_limits<int>::max()))
      ->capture_default_str();
  command->add_flag("--all", flags->wants_all, "All of them");
  line.OnChosen(
      command, [&line, flags](Console& console) { return Ls(line, *flags, console); },
      NameForm::kHas);
}

}  // namespace descent
