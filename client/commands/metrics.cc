#include <spdlog/fmt/fmt.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include "client/api/metric_client.h"
#include "client/commands/command.h"
#include "client/render/metric_text.h"

namespace descent {
namespace {

constexpr int kCurveRows = 10;

// What the subcommands take, of which each uses some.
struct MetricArguments {
  std::vector<std::string> jobs;
  std::vector<std::string> names;
  std::int64_t first_step = 0;
  int points_max = 0;
  bool follows = false;
  std::string format = "csv";
  std::string file = "-";
  std::string axis = "step";

  std::vector<std::string> job_ids() const {
    std::vector<std::string> ids;
    for (const std::string& job : jobs) ids.push_back(JobIdOf(job));
    return ids;
  }
  MetricSelection selection() const { return {JobIdOf(jobs.front()), names, first_step}; }
};

ExitCode List(const CommandLine& line, const MetricArguments& arguments, Console& console) {
  const auto found = MetricClient(line.flags().endpoint).List(JobIdOf(arguments.jobs.front()));
  if (!found.ok()) return Report(console, found.error());
  if (line.WantsDocument()) {
    console.Document(found.value().json);
  } else if (found.value().metrics.empty()) {
    console.Say("no metrics yet");
  } else {
    console.Data(MetricTable(found.value().metrics));
  }
  return ExitCode::kDone;
}

ExitCode Follow(const CommandLine& line, const MetricArguments& arguments, Console& console) {
  const auto error =
      MetricClient(line.flags().endpoint)
          .Follow(arguments.selection(), [&](const MetricSeriesList& news) {
            if (line.WantsDocument()) console.Document(news.json);
            for (const MetricSeriesView& curve : news.series)
              for (const MetricPointView& point : curve.points)
                if (!line.WantsDocument())
                  console.Data(fmt::format("{}\t{}\t{}\n", point.step, curve.name, point.value));
            return true;
          });
  return error ? Report(console, *error) : ExitCode::kDone;
}

// An axis and the column that it has in a table.
struct NamedAxis {
  XAxis axis = XAxis::kStep;
  std::string column;
};

NamedAxis AxisOf(const std::string& name) {
  if (name == "time") return {XAxis::kTime, "SECONDS"};
  if (name == "samples") return {XAxis::kSamples, "SAMPLES"};
  return {};
}

ExitCode Query(const CommandLine& line, const MetricArguments& arguments, Console& console) {
  const NamedAxis axis = AxisOf(arguments.axis);
  if (arguments.follows && (arguments.jobs.size() > 1 || axis.axis != XAxis::kStep)) {
    console.Error("--follow is for one job, over its steps");
    return ExitCode::kUsage;
  }
  if (arguments.follows) return Follow(line, arguments, console);
  const auto found = MetricClient(line.flags().endpoint)
                         .Query({.jobs = arguments.job_ids(),
                                 .names = arguments.names,
                                 .first_step = arguments.first_step,
                                 .points_max = arguments.points_max,
                                 .axis = axis.axis});
  if (!found.ok()) return Report(console, found.error());
  if (line.WantsDocument())
    console.Document(found.value().json);
  else
    console.Data(PointTable(found.value().series, axis.column));
  return ExitCode::kDone;
}

ExitCode Plot(const CommandLine& line, const MetricArguments& arguments, Console& console) {
  const int columns = console.LiveColumns();
  const auto found =
      MetricClient(line.flags().endpoint)
          .Query(
              {.jobs = arguments.job_ids(), .names = arguments.names, .points_max = 4 * columns});
  if (!found.ok()) return Report(console, found.error());
  if (found.value().series.empty()) console.Say("no metrics yet");
  for (const MetricSeriesView& curve : found.value().series)
    console.Data(CurveText(curve, columns, kCurveRows));
  return ExitCode::kDone;
}

ExitCode Compare(const CommandLine& line, const MetricArguments& arguments, Console& console) {
  const auto found =
      MetricClient(line.flags().endpoint).Compare(arguments.job_ids(), arguments.names);
  if (!found.ok()) return Report(console, found.error());
  if (line.WantsDocument())
    console.Document(found.value().json);
  else
    console.Data(ComparisonText(found.value()));
  return ExitCode::kDone;
}

MetricFileFormat FormatOf(const std::string& name) {
  if (name == "tensorboard") return MetricFileFormat::kTensorBoard;
  return name == "csv" ? MetricFileFormat::kCsv : MetricFileFormat::kJsonLines;
}

// TensorBoard takes a directory of files whose names it knows.
std::filesystem::path FileFor(const MetricArguments& arguments) {
  if (arguments.format != "tensorboard") return arguments.file;
  const auto seconds = static_cast<std::int64_t>(SecondsSinceEpoch());
  return std::filesystem::path(arguments.file) /
         fmt::format("events.out.tfevents.{}.{}", seconds, JobIdOf(arguments.jobs.front()));
}

ExitCode ExportToFile(const CommandLine& line, const MetricArguments& arguments, Console& console) {
  const std::filesystem::path path = FileFor(arguments);
  std::error_code ignored;  // what cannot be made cannot be written to either
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), ignored);
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  const auto fail = [&] {
    console.Error(fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
    return ExitCode::kError;
  };
  if (!stream) return fail();
  const auto error =
      MetricClient(line.flags().endpoint)
          .Export(arguments.selection(), FormatOf(arguments.format), [&](std::string_view chunk) {
            stream.write(chunk.data(), static_cast<std::streamsize>(chunk.size()));
            return stream.good();
          });
  stream.close();
  if (error) std::filesystem::remove(path, ignored);
  if (error) return Report(console, *error);
  if (!stream) return fail();
  console.Say("wrote " + path.string());
  if (arguments.format == "tensorboard")
    console.Say("  look at it:  tensorboard --logdir " + arguments.file);
  return ExitCode::kDone;
}

ExitCode Export(const CommandLine& line, const MetricArguments& arguments, Console& console) {
  if (arguments.file != "-") return ExportToFile(line, arguments, console);
  if (arguments.format == "tensorboard") {
    console.Error("TensorBoard wants a directory: --output DIRECTORY");
    return ExitCode::kUsage;
  }
  const auto error =
      MetricClient(line.flags().endpoint)
          .Export(arguments.selection(), FormatOf(arguments.format), [&](std::string_view chunk) {
            console.Data(chunk);
            return true;
          });
  return error ? Report(console, *error) : ExitCode::kDone;
}

using MetricCommand = ExitCode (*)(const CommandLine&, const MetricArguments&, Console&);

// A subcommand of one job; more options may follow.
CLI::App* AddOne(CLI::App* group, CommandLine& line, const char* name, const char* description,
                 const std::shared_ptr<MetricArguments>& arguments, MetricCommand run) {
  CLI::App* command = group->add_subcommand(name, description);
  line.OnChosen(command, [&line, arguments, run](Console& console) {
    return run(line, *arguments, console);
  });
  return command;
}

void AddJob(CLI::App* command, MetricArguments& arguments) {
  command->add_option("job", arguments.jobs, "Name of the job")->required()->expected(1);
}

void AddNames(CLI::App* command, MetricArguments& arguments) {
  command->add_option("--metric", arguments.names, "Only this one, such as train/loss; repeatable")
      ->allow_extra_args(false);
}

}  // namespace

void AddMetrics(CLI::App& app, CommandLine& line) {
  CLI::App* group = app.add_subcommand("metrics", "Show, compare and export what jobs measured");
  group->require_subcommand(1);
  const auto arguments = std::make_shared<MetricArguments>();

  CLI::App* ls = AddOne(group, line, "ls", "List a job's metrics, with last, lowest and highest",
                        arguments, List);
  AddJob(ls, *arguments);

  CLI::App* query = AddOne(group, line, "query", "Print points", arguments, Query);
  query->add_option("jobs", arguments->jobs, "Names of one to 20 jobs")
      ->required()
      ->expected(1, 20);
  AddNames(query, *arguments);
  query
      ->add_option("--x-axis", arguments->axis,
                   "Also where each point stands: time (seconds since the start) or samples")
      ->check(CLI::IsMember({"step", "time", "samples"}));
  query->add_option("--first-step", arguments->first_step, "Points from this step on");
  query->add_option("--max-points", arguments->points_max,
                    "Of each metric; longer curves come as means (default 1000)");
  query->add_flag("-f,--follow", arguments->follows, "Print new points until the job is over");

  CLI::App* plot = AddOne(group, line, "plot", "Draw curves in the terminal", arguments, Plot);
  AddJob(plot, *arguments);
  AddNames(plot, *arguments);

  CLI::App* compare =
      AddOne(group, line, "compare", "Put jobs side by side: what differs, what they reached",
             arguments, Compare);
  compare->add_option("jobs", arguments->jobs, "Names of two to 20 jobs")
      ->required()
      ->expected(2, 20);
  AddNames(compare, *arguments);

  CLI::App* save = AddOne(group, line, "export", "Write all points to a file", arguments, Export);
  AddJob(save, *arguments);
  AddNames(save, *arguments);
  save->add_option("--format", arguments->format, "csv, jsonl or tensorboard")
      ->check(CLI::IsMember({"csv", "jsonl", "tensorboard"}));
  save->add_option("-o,--output", arguments->file,
                   "File to write, - for stdout (default); for tensorboard a directory");
}

}  // namespace descent
