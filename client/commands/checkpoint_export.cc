#include <spdlog/fmt/fmt.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include "client/commands/checkpoint_directory.h"
#include "client/commands/command.h"
#include "client/render/format.h"

namespace descent {
namespace {

constexpr char kModelFile[] = "model.safetensors";

struct ExportFlags {
  CheckpointFlags checkpoint;
  std::string format = "safetensors";
  std::string output;
};

// Streams into FILE.part, which becomes FILE once it is whole: nobody ever reads half a model.
// Empty: no coordinator runs, and the user has named none.
std::optional<ExitCode> Download(const ExportFlags& flags, const GlobalFlags& global,
                                 Console& console) {
  const auto name = CheckpointOrLatestNameOf(flags.checkpoint.checkpoint);
  if (!name.ok()) return Report(console, name.error());
  const std::string& file = flags.output;
  const std::string part = file + ".part";
  std::ofstream stream(part, std::ios::binary | std::ios::trunc);
  if (!stream) {
    console.Error(fmt::format("cannot write {}: {}", part, std::strerror(errno)));
    return ExitCode::kError;
  }
  std::int64_t received = 0;
  const auto bytes =
      Client(global.endpoint).Download(name.value(), kModelFile, [&](std::string_view chunk) {
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
  if (is_written && !bytes.ok()) {
    const bool is_nobody_there = received == 0 && bytes.error().exit_code == ExitCode::kUnreachable;
    if (is_nobody_there && !global.is_server_named) return std::nullopt;
    return Report(console, bytes.error());
  }
  console.Error(error ? fmt::format("cannot rename {}: {}", part, error.message())
                      : fmt::format("cannot write {}: is the disk full?", part));
  return ExitCode::kError;
}

// A coordinator sends files as they are; what it takes to know the model is in the worker program,
// which reads them where they lie.
ExitCode Export(const ExportFlags& flags, const GlobalFlags& global, Console& console) {
  const bool is_local =
      IsDirectoryNamed(flags.checkpoint) || flags.checkpoint.is_state_directory_named;
  if (flags.format == "safetensors" && !is_local)
    if (const auto exit_code = Download(flags, global, console)) return *exit_code;
  const auto directory = ResolveDirectory(flags.checkpoint, global);
  if (!directory.ok()) return Report(console, directory.error());
  return Report(console,
                BecomeWorker({"--export=" + directory.value(), "--export-format=" + flags.format,
                              "--export-output=" + flags.output}));
}

}  // namespace

void AddCheckpointExport(CLI::App& group, CommandLine& line) {
  CLI::App* command =
      group.add_subcommand("export", "Write a checkpoint's model for other programs");
  const auto flags = std::make_shared<ExportFlags>();
  AddCheckpointOptions(*command, flags->checkpoint);
  command
      ->add_option("--format", flags->format,
                   "safetensors; huggingface, of a gpt: a directory; onnx")
      ->check(CLI::IsMember({"safetensors", "huggingface", "onnx"}))
      ->capture_default_str();
  command->add_option("-o,--output", flags->output, "File or, of huggingface, directory to write")
      ->required();
  line.OnChosen(command,
                [&line, flags](Console& console) { return Export(*flags, line.flags(), console); });
}

}  // namespace descent
