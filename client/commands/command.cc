#include "client/commands/command.h"

#include <spdlog/fmt/fmt.h>

#include <chrono>
#include <iostream>
#include <iterator>
#include <map>
#include <random>
#include <utility>

#include "client/render/format.h"
#include "common/file.h"
#include "common/limits.h"
#include "rpc/credential_options.h"

namespace descent {
namespace {

Result<std::string> ReadText(const std::string& file_name) {
  if (file_name != "-") return ReadFile(file_name);
  // One byte beyond the bound, so that a text which is too long is seen to be.
  std::string text(limits::kJobFileBytesMax + 1, '\0');
  std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::cin.gcount()));
  return text;
}

constexpr double kTimeoutSecondsMax = 366 * 86400.0;

ApiError UsageError(std::string message) {
  return {.exit_code = ExitCode::kUsage, .reason = "", .message = std::move(message)};
}

}  // namespace

CommandLine::CommandLine(CLI::App& app) {
  server_option_ = app.add_option("--server", flags_.endpoint.address, "Address of the coordinator")
                       ->envname("DESCENT_SERVER")
                       ->capture_default_str();
  AddCredentialOptions(app, credential_files_);
  app.get_option("--tls-ca")->envname("DESCENT_TLS_CA");
  app.get_option("--tls-cert")->envname("DESCENT_TLS_CERT");
  app.get_option("--tls-key")->envname("DESCENT_TLS_KEY");
  app.get_option("--token-file")->envname("DESCENT_TOKEN_FILE");
  app.add_option("-o,--output", flags_.output, "Form of the output")
      ->check(CLI::IsMember({"table", "json", "yaml", "name"}))
      ->capture_default_str();
  app.add_flag("--json", flags_.is_json, "The same as -o json");
  app.add_flag("-q,--quiet", flags_.is_quiet, "Say nothing but errors and what was asked for");
  app.add_flag("--no-color", flags_.has_no_color, "No colour, as with NO_COLOR set");
}

void CommandLine::OnChosen(CLI::App* command, std::function<ExitCode(Console&)> run,
                           NameForm names) {
  command->final_callback([this, command, run = std::move(run), names] {
    flags_.is_server_named = server_option_->count() > 0;
    const bool is_yaml = !flags_.is_json && flags_.output == "yaml";
    Console console(flags_.is_quiet ? Verbosity::kQuiet : Verbosity::kNormal,
                    flags_.has_no_color ? ColorChoice::kNever : ColorChoice::kAuto,
                    is_yaml ? DocumentForm::kYaml : DocumentForm::kJson);
    if (WantsNames() && names == NameForm::kNone) {
      console.Error("descent " + command->get_name() +
                    " has no names to answer with; -o must be table, json or yaml");
      exit_code_ = ExitCode::kUsage;
      return;
    }
    Result<Credentials> credentials = ReadCredentials(credential_files_, flags_.endpoint.address);
    if (!credentials.ok()) {
      console.Error(credentials.status().message());
      exit_code_ = ExitCode::kUsage;
      return;
    }
    flags_.endpoint.credentials = std::move(credentials).value();
    exit_code_ = run(console);
  });
}

void AddSetOption(CLI::App& command, std::vector<std::string>& overrides) {
  command.add_option("--set", overrides, "Replace a field: optimizer.adamw.lr=3e-3")
      ->type_name("FIELD=VALUE")
      ->allow_extra_args(false);
}

CLI::Option* AddTimeoutOption(CLI::App& command, std::optional<double>& seconds) {
  return command
      .add_option("--timeout", seconds, "Give up after this time, such as 90s, 10m or 2h [never]")
      ->type_name("TIME")
      ->transform(CLI::AsNumberWithUnit(
          std::map<std::string, double>{
              {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}},
          CLI::AsNumberWithUnit::DEFAULT, "TIME"))
      ->check(CLI::Range(0.0, kTimeoutSecondsMax));
}

std::string TimeoutText(double seconds) {
  return seconds < 3600 ? fmt::format("{:g}s", seconds) : FormatDuration(seconds);
}

ExitCode Report(Console& console, const ApiError& error) {
  std::string message = error.message;
  if (error.exit_code == ExitCode::kUnreachable && error.reason.empty())
    message +=
        "\n  start one with descent-coordinator, or name another with --server HOST:PORT"
        "; one that speaks TLS needs --tls-ca";
  if (!error.reason.empty()) message += " (" + error.reason + ")";
  if (!message.empty()) console.Error(message);
  return error.exit_code;
}

ExitCode Report(Console& console, const Status& status) {
  console.Error(status.message());
  return ExitCode::kError;
}

ExitCode ReportSpecError(Console& console, const ApiError& error, const JobFile& file,
                         const std::string& file_name) {
  if (error.violations.empty()) return Report(console, error);
  std::vector<FieldProblem> problems;
  for (const Violation& violation : error.violations)
    problems.push_back(LocateViolation(file, violation));
  console.Problems(FormatProblems(problems, file_name));
  return error.exit_code;
}

ExitCode ReportDataProblems(Console& console, const std::vector<std::string>& sentences,
                            const std::string& subject) {
  std::vector<FieldProblem> problems;
  for (const std::string& sentence : sentences) problems.push_back({0, "", sentence});
  console.Problems(FormatProblems(problems, "the data of " + subject));
  return ExitCode::kUsage;
}

std::optional<ExitCode> RefuseRanks(Console& console, const JobSpec& spec, int ranks) {
  if (ranks <= spec.batch.logical_workers) return std::nullopt;
  console.Error(
      fmt::format("--workers {} is more than the {} logical workers of the job "
                  "(batch.logical_workers), which share its samples",
                  ranks, spec.batch.logical_workers));
  return ExitCode::kUsage;
}

Reply<JobFile> LoadJobFile(Console& console, const std::string& file_name,
                           const std::vector<std::string>& overrides) {
  const Result<std::string> text = ReadText(file_name);
  if (!text.ok()) {
    console.Error(text.status().message());
    return UsageError("");
  }
  JobFile file = ReadJobFile(text.value(), overrides);
  if (file.problems.empty()) return file;
  console.Problems(FormatProblems(file.problems, file_name == "-" ? "stdin" : file_name));
  return UsageError("");
}

std::string JobIdOf(std::string_view argument) {
  for (const std::string_view prefix : {"jobs/", "job/"})
    if (argument.starts_with(prefix)) return std::string(argument.substr(prefix.size()));
  return std::string(argument);
}

Reply<std::string> CheckpointNameOf(std::string_view argument) {
  const std::string name = JobIdOf(argument);
  const std::size_t slash = name.find('/');
  std::string_view step =
      slash == std::string::npos ? "" : std::string_view(name).substr(slash + 1);
  for (const std::string_view prefix : {"checkpoints/", "step-"})
    if (step.starts_with(prefix)) step.remove_prefix(prefix.size());
  const bool is_step = step == "latest" || step == "best" ||
                       (!step.empty() && step.size() <= 18 &&
                        step.find_first_not_of("0123456789") == std::string_view::npos);
  if (!is_step || slash == 0)
    return UsageError(fmt::format(
        "\"{}\" names no checkpoint, must be JOB/STEP, JOB/latest or JOB/best", argument));
  return fmt::format("jobs/{}/checkpoints/{}", name.substr(0, slash), step);
}

Reply<std::string> CheckpointOrLatestNameOf(std::string_view argument) {
  const std::string name = JobIdOf(argument);
  return CheckpointNameOf(name.find('/') == std::string::npos ? name + "/latest" : name);
}

std::string RandomRequestId() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", device(), device(), device(), device());
}

std::string PageAddress(const Endpoint& endpoint, const ClusterView& cluster) {
  std::string address = cluster.http_address;
  // One that listens on all addresses is reached by the name it has for gRPC.
  for (const std::string_view everywhere : {"0.0.0.0:", "[::]:"})
    if (address.starts_with(everywhere))
      address.replace(0, everywhere.size() - 1,
                      endpoint.address.substr(0, endpoint.address.rfind(':')));
  // A coordinator has TLS on all its ports or on none.
  return (endpoint.credentials.ca.empty() ? "http://" : "https://") + address;
}

double SecondsSinceEpoch() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace descent
