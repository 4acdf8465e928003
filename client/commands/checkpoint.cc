#include <spdlog/fmt/fmt.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include "client/commands/command.h"
#include "client/render/format.h"
#include "client/render/job_text.h"

namespace descent {
namespace {

constexpr char kModelFile[] = "model.safetensors";

ExitCode ListAll(const CommandLine& line, const std::string& job, Console& console) {
  const auto checkpoints = Client(line.flags().endpoint).ListCheckpoints(JobIdOf(job));
  if (!checkpoints.ok()) return Report(console, checkpoints.error());
  if (line.WantsDocument()) {
    console.Document(JsonList(checkpoints.value()));
  } else if (line.WantsNames()) {
    for (const CheckpointView& checkpoint : checkpoints.value())
      console.Data(fmt::format("{}/{}\n", JobIdOf(job), checkpoint.step));
  } else if (checkpoints.value().empty()) {
    console.Say("no checkpoints yet");
  } else {
    console.Data(CheckpointTable(checkpoints.value(), SecondsSinceEpoch()));
  }
  return ExitCode::kDone;
}

// Streams into FILE.part, which becomes FILE once it is whole: nobody ever reads half a model.
ExitCode Export(const CommandLine& line, const std::string& checkpoint, const std::string& file,
                Console& console) {
  const auto name = CheckpointNameOf(checkpoint);
  if (!name.ok()) return Report(console, name.error());
  const std::string part = file + ".part";
  std::ofstream stream(part, std::ios::binary | std::ios::trunc);
  if (!stream) {
    console.Error(fmt::format("cannot write {}: {}", part, std::strerror(errno)));
    return ExitCode::kError;
  }
  std::int64_t received = 0;
  const auto bytes =
      Client(line.flags().endpoint).Download(name.value(), kModelFile, [&](std::string_view chunk) {
        stream.write(chunk.data(), static_cast<std::streamsize>(chunk.size()));
        received += static_cast<std::int64_t>(chunk.size());
        console.Live("received " + FormatBytes(received));
        return stream.good();
      });
  stream.close();
  std::error_code error;
  if (bytes.ok() && stream.good()) {
    std::filesystem::rename(part, file, error);
    if (!error) {
      console.Say(fmt::format("wrote {} ({})\n  open it:  safetensors.numpy.load_file(\"{}\")",
                              file, FormatBytes(bytes.value()), file));
      return ExitCode::kDone;
    }
  }
  const bool is_written = stream.good();
  std::error_code ignored;
  std::filesystem::remove(part, ignored);
  if (is_written && !bytes.ok()) return Report(console, bytes.error());
  console.Error(error ? fmt::format("cannot rename {}: {}", part, error.message())
                      : fmt::format("cannot write {}: is the disk full?", part));
  return ExitCode::kError;
}

}  // namespace

void AddCheckpoint(CLI::App& app, CommandLine& line) {
  CLI::App* group =
      app.add_subcommand("checkpoint", "Save, list, export, pin, verify and delete checkpoints");
  group->require_subcommand(1);

  CLI::App* ls = group->add_subcommand("ls", "List the checkpoints of a job");
  const auto job = std::make_shared<std::string>();
  ls->add_option("job", *job, "Name of the job")->required();
  line.OnChosen(
      ls, [&line, job](Console& console) { return ListAll(line, *job, console); }, NameForm::kHas);

  CLI::App* save = group->add_subcommand("export", "Download a checkpoint's model as safetensors");
  const auto checkpoint = std::make_shared<std::string>();
  const auto file = std::make_shared<std::string>();
  save->add_option("checkpoint", *checkpoint, "JOB/latest, JOB/best or JOB/STEP")->required();
  save->add_option("-o,--output", *file, "File to write")->required();
  line.OnChosen(save, [&line, checkpoint, file](Console& console) {
    return Export(line, *checkpoint, *file, console);
  });

  AddCheckpointControl(*group, line);
}

}  // namespace descent
