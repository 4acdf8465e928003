#include "worker/task_options.h"

#include <cstdint>
#include <string>

#include "common/limits.h"
#include "common/option_number.h"

namespace descent {
namespace {

constexpr std::int64_t kGeneratedTokensMax = 1'000'000'000;  // they stay in memory, two bytes each

}  // namespace

// Without a coordinator, a group or MPI: one process and one model.
void AddGenerateOptions(CLI::App& app, GenerateOptions& options) {
  CLI::Option* const checkpoint = app.add_option(
      "--generate", options.checkpoint, "Only continue --prompt with the model of this checkpoint");
  const auto add = [&](const char* flag, auto& value, const char* what) {
    return app.add_option(flag, value, what)->needs(checkpoint)->capture_default_str();
  };
  checkpoint->needs(add("--prompt", options.prompt, "Text to continue"));
  add("--tokens", options.tokens, "Tokens to add")
      ->check(CLI::Range(std::int64_t{0}, kGeneratedTokensMax));
  add("--temperature", options.sampling.temperature, "Below 1: likelier; 0: always the likeliest")
      ->check(CLI::Range(0.0, 1e6));
  add("--top-k", options.sampling.top_k, "Draw from the K likeliest only; 0: from all")
      ->check(NonNegativeNumber());
  add("--seed", options.sampling.seed, "The same seed gives the same text");
  add("--threads", options.threads, "Compute threads; 0: one for each core")
      ->check(CLI::Range(0, limits::kThreadsMax));
}

void AddScaleOptions(CLI::App& app, ScaleOptions& options) {
  ScalingRequest& request = options.request;
  CLI::Option* const scale =
      app.add_option("--scale", options.spec_file,
                     "Only predict the steps of the spec in this file on many workers");
  scale->needs(app.add_option("--scale-workers", request.workers, "How many workers, of each")
                   ->needs(scale)
                   ->check(CLI::Range(1, static_cast<int>(limits::kLogicalWorkersMax))));
  scale->needs(app.add_option("--scale-bandwidth", request.network.bytes_per_second,
                              "Bytes a second of a host's link")
                   ->needs(scale)
                   ->check(PositiveNumber()));
  scale->needs(app.add_option("--scale-latency", request.network.message_seconds,
                              "Seconds that a message takes besides")
                   ->needs(scale)
                   ->check(NonNegativeNumber()));
  app.add_option("--scale-ranks-per-host", request.network.ranks_per_host, "Workers of one host")
      ->needs(scale)
      ->check(PositiveNumber());
  app.add_flag("--scale-weak", options.is_weak, "The batch grows with the workers")->needs(scale);
}

void AddPredictOptions(CLI::App& app, PredictOptions& options) {
  CLI::Option* const checkpoint = app.add_option(
      "--predict", options.checkpoint, "Only predict --data with the model of this checkpoint");
  const auto add = [&](const char* flag, std::string& value, const char* what) {
    return app.add_option(flag, value, what)->needs(checkpoint);
  };
  checkpoint->needs(add("--data", options.data.path, "Path of the samples"));
  add("--format", options.data.format, "Format of the samples; empty: that of the job");
  add("--features", options.data.features, "Their array, of npz");
  add("--labels", options.data.labels, "The file, array or column of their labels");
  add("--targets", options.data.targets, "The same of numbers to predict");
  add("--output", options.output, "A .csv or .npy file; empty: CSV to stdout");
}

void AddExportOptions(CLI::App& app, ExportOptions& options) {
  CLI::Option* const checkpoint = app.add_option(
      "--export", options.checkpoint, "Only write the model of this checkpoint in another format");
  app.add_option("--export-format", options.format, "safetensors, huggingface or onnx")
      ->needs(checkpoint)
      ->check(CLI::IsMember({"safetensors", "huggingface", "onnx"}))
      ->capture_default_str();
  CLI::Option* const output =
      app.add_option("--export-output", options.output, "The file; of huggingface a directory")
          ->needs(checkpoint);
  checkpoint->needs(output);
}

void AddReplayOptions(CLI::App& app, ReplayOptions& options) {
  CLI::Option* const spec = app.add_option(
      "--replay", options.spec_file,
      "Only compute steps of the job whose spec is in this file again, and print the last of them");
  spec->needs(app.add_option("--replay-step", options.last_step, "The last step, from 1")
                  ->needs(spec)
                  ->check(PositiveNumber()));
  app.add_option("--replay-checkpoint", options.start_checkpoint,
                 "Directory of the checkpoint to start from; empty: from the job's start")
      ->needs(spec);
}

void AddProfileOptions(CLI::App& app, ProfileOptions& profile) {
  app.add_option("--profile", profile.directory,
                 "Directory where this worker writes a trace of some steps of its jobs");
  app.add_option("--profile-steps", profile.steps, "Steps that are recorded")
      ->check(PositiveNumber());
  app.add_option("--profile-warmup", profile.warmup_steps, "Steps that run before those")
      ->check(NonNegativeNumber());
}

}  // namespace descent
