#include <spdlog/fmt/fmt.h>

#include <memory>

#include "client/commands/command.h"
#include "client/render/job_text.h"

namespace descent {
namespace {

// One kind of what is known of a job's past.
template <typename View>
struct History {
  const char* field;  // of the list in a document about several jobs
  Reply<std::vector<View>> (*list)(Client& client, const std::string& id, bool is_for_document);
  std::string (*table)(const std::string& id, const std::vector<View>& views, double now);
};

const History<JobEventView> kEvents{
    .field = "events",
    .list = [](Client& client, const std::string& id, bool) { return client.ListJobEvents(id); },
    .table = [](const std::string&, const std::vector<JobEventView>& events,
                double now) { return EventTable(events, now); }};
const History<AttemptView> kAttempts{
    .field = "attempts",
    .list = [](Client& client, const std::string& id,
               bool is_for_document) { return client.ListJobAttempts(id, is_for_document); },
    .table = AttemptTable};

template <typename View>
ExitCode Show(const CommandLine& line, const History<View>& history,
              const std::vector<std::string>& names, Console& console) {
  Client client(line.flags().endpoint);
  const bool are_several = names.size() > 1;
  ExitCode exit_code = ExitCode::kDone;
  std::vector<std::string> documents;
  for (const std::string& name : names) {
    const std::string id = JobIdOf(name);
    const auto views = history.list(client, id, line.WantsDocument());
    if (!views.ok()) {
      exit_code = Report(console, views.error());
    } else if (line.WantsDocument()) {
      const std::string list = JsonList(views.value());
      documents.push_back(
          are_several ? fmt::format("{{\"job\":\"jobs/{}\",\"{}\":{}}}", id, history.field, list)
                      : list);
    } else {
      if (are_several) console.Data(fmt::format("{}:\n", id));
      console.Data(history.table(id, views.value(), SecondsSinceEpoch()));
    }
  }
  if (line.WantsDocument()) PrintDocuments(console, documents, names.size());
  return exit_code;
}

// A command that shows what is known of the past of jobs.
template <typename View>
void AddHistory(CLI::App* command, CommandLine& line, const History<View>& history) {
  const auto names = std::make_shared<std::vector<std::string>>();
  command->add_option("jobs", *names, "Names of the jobs")->required();
  line.OnChosen(command, [&line, &history, names](Console& console) {
    return Show(line, history, *names, console);
  });
}

}  // namespace

void AddEvents(CLI::App& app, CommandLine& line) {
  AddHistory(app.add_subcommand("events", "Everything that happened to jobs, in order"), line,
             kEvents);
}

void AddAttempts(CLI::App& app, CommandLine& line) {
  AddHistory(
      app.add_subcommand("attempts", "Each start of a job: where, from which checkpoint, its end"),
      line, kAttempts);
}

}  // namespace descent
