#include <spdlog/fmt/fmt.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "client/api/checkpoint_client.h"
#include "client/commands/checkpoint_directory.h"
#include "client/commands/command.h"
#include "client/commands/model_output.h"
#include "client/render/format.h"

namespace descent {
namespace {

constexpr char kFeatureDisabled[] = "FEATURE_DISABLED";

struct ExportFlags {
  CheckpointFlags checkpoint;
  std::string format = "safetensors";
  std::string output;
};

std::string HowToOpen(const ExportFlags& flags) {
  if (flags.format == "huggingface")
    return fmt::format("transformers.GPT2LMHeadModel.from_pretrained(\"{}\")", flags.output);
  if (flags.format == "onnx")
    return fmt::format("onnxruntime.InferenceSession(\"{}\")", flags.output);
  return fmt::format("safetensors.numpy.load_file(\"{}\")", flags.output);
}

// Whether there may be another way: no coordinator runs, and the user has named none, or it has no
// worker program.
bool IsNobodyThere(const ApiError& error, const GlobalFlags& global) {
  if (error.reason == kFeatureDisabled) return true;
  return error.exit_code == ExitCode::kUnreachable && !global.is_server_named;
}

// Empty: as above, and nothing was written.
std::optional<ExitCode> ExportByCoordinator(const ExportFlags& flags, const GlobalFlags& global,
                                            Console& console) {
  const auto name = CheckpointOrLatestNameOf(flags.checkpoint.checkpoint);
  if (!name.ok()) return Report(console, name.error());
  ModelOutput output(flags.output, flags.format == "huggingface");
  if (const Status begun = output.Begin(); !begun.ok()) {
    const ExitCode exit_code = Report(console, begun);
    return begun.code() == Code::kInvalidArgument ? ExitCode::kUsage : exit_code;
  }
  Status written;
  std::int64_t received = 0;
  const auto bytes =
      CheckpointClient(global.endpoint)
          .Export(name.value(), flags.format, [&](const std::string& file, std::string_view chunk) {
            written = output.Write(file, chunk);
            received += static_cast<std::int64_t>(chunk.size());
            console.Live("received " + FormatBytes(received));
            return written.ok();
          });
  if (!written.ok()) return Report(console, written);
  if (!bytes.ok()) {
    if (received == 0 && IsNobodyThere(bytes.error(), global)) return std::nullopt;
    return Report(console, bytes.error());
  }
  if (const Status finished = output.Finish(); !finished.ok()) return Report(console, finished);
  console.Say(fmt::format("wrote {} ({})\n  open it:  {}", flags.output, FormatBytes(bytes.value()),
                          HowToOpen(flags)));
  return ExitCode::kDone;
}

// A coordinator has the model written on its machine and sends the files; without one the worker
// program of this machine reads the checkpoint where it lies.
ExitCode ExportCheckpoint(const ExportFlags& flags, const GlobalFlags& global, Console& console) {
  const bool is_local =
      IsDirectoryNamed(flags.checkpoint) || flags.checkpoint.is_state_directory_named;
  if (!is_local)
    if (const auto exit_code = ExportByCoordinator(flags, global, console)) return *exit_code;
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
  line.OnChosen(command, [&line, flags](Console& console) {
    return ExportCheckpoint(*flags, line.flags(), console);
  });
}

}  // namespace descent
