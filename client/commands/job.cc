#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "client/commands/command.h"
#include "client/examples.h"
#include "common/check.h"
#include "common/file.h"
#include "proto/job_schema.h"

namespace descent {
namespace {

// The word that a user chooses an example by, and its file.
struct Example {
  std::string_view kind;
  std::string_view file_name;
};

constexpr std::array kExamples = {
    Example{"mlp", "fashion_mlp.yaml"},        Example{"cnn", "fashion_convnet.yaml"},
    Example{"resnet", "fashion_resnet.yaml"},  Example{"gpt", "gpt_text.yaml"},
    Example{"table", "table_regression.yaml"}, Example{"quickstart", "quickstart.yaml"},
};

std::vector<std::string> Kinds() {
  std::vector<std::string> kinds;
  for (const Example& example : kExamples) kinds.emplace_back(example.kind);
  return kinds;
}

std::string_view ExampleText(std::string_view kind) {
  const auto example = std::ranges::find(kExamples, kind, &Example::kind);
  DESCENT_CHECK(example != kExamples.end());
  const auto file = std::ranges::find(ExampleFiles(), example->file_name, &EmbeddedFile::name);
  DESCENT_CHECK(file != ExampleFiles().end());
  return file->content;
}

struct InitFlags {
  std::string kind = "mlp";
  std::string file;  // empty: stdout
};

ExitCode Init(const InitFlags& flags, Console& console) {
  const std::string_view text = ExampleText(flags.kind);
  if (flags.file.empty()) {
    console.Data(text);
    return ExitCode::kDone;
  }
  if (const Status written = WriteNewFile(flags.file, text); !written.ok()) {
    Report(console, written);
    return written.code() == Code::kAlreadyExists ? ExitCode::kConflict : ExitCode::kError;
  }
  console.Say(
      fmt::format("wrote {0}\n  train:    descent run {0} --workers 2\n"
                  "  check:    descent explain {0} --workers 2",
                  flags.file));
  return ExitCode::kDone;
}

}  // namespace

void AddJob(CLI::App& app, CommandLine& line) {
  CLI::App* group = app.add_subcommand("job", "Job files, and what a job has computed");
  group->require_subcommand(1);

  CLI::App* init = group->add_subcommand("init", "Print or write an example of a job file");
  const auto flags = std::make_shared<InitFlags>();
  init->add_option("kind", flags->kind, "What to train")
      ->check(CLI::IsMember(Kinds()))
      ->capture_default_str();
  init->add_option("-o,--output", flags->file, "The file to write, a new one [stdout]");
  line.OnChosen(init, [flags](Console& console) { return Init(*flags, console); });

  CLI::App* schema = group->add_subcommand("schema", "Print the JSON Schema of job files");
  line.OnChosen(schema, [](Console& console) {
    console.Document(JobFileSchema());
    return ExitCode::kDone;
  });
  AddJobReplay(*group, line);
}

}  // namespace descent
