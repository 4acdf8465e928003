#include <memory>

#include "client/commands/command.h"
#include "client/render/job_text.h"

namespace descent {
namespace {

// What the coordinator knows of one job, for people.
Reply<std::string> DescriptionOf(Client& client, const JobView& job) {
  const auto attempts = client.ListJobAttempts(job.id);
  if (!attempts.ok()) return attempts.error();
  const auto events = client.ListJobEvents(job.id);
  if (!events.ok()) return events.error();
  const double now = SecondsSinceEpoch();
  std::string text = JobDescription(job, now);
  if (!attempts.value().empty())
    text.append("\nAttempts:\n").append(AttemptTable(job.id, attempts.value(), now));
  return text + "\n" + NewestEventsText(events.value(), now);
}

ExitCode Describe(const CommandLine& line, const std::vector<std::string>& names,
                  Console& console) {
  Client client(line.flags().endpoint);
  ExitCode exit_code = ExitCode::kDone;
  std::vector<std::string> found;  // documents or texts
  for (const std::string& name : names) {
    const auto job = client.GetJob(JobIdOf(name));
    if (!job.ok()) {
      exit_code = Report(console, job.error());
      continue;
    }
    if (line.WantsDocument()) {
      found.push_back(job.value().json);
      continue;
    }
    const auto text = DescriptionOf(client, job.value());
    if (text.ok())
      found.push_back(text.value());
    else
      exit_code = Report(console, text.error());
  }
  if (line.WantsDocument()) {
    PrintDocuments(console, found, names.size());
    return exit_code;
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (i > 0) console.Data("\n\n");
    console.Data(found[i]);
  }
  return exit_code;
}

}  // namespace

void AddDescribe(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand("describe", "Show jobs in full");
  const auto names = std::make_shared<std::vector<std::string>>();
  command->add_option("jobs", *names, "Names of the jobs")->required();
  line.OnChosen(command,
                [&line, names](Console& console) { return Describe(line, *names, console); });
}

}  // namespace descent
