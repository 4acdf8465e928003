#include "client/commands/command.h"

#include <spdlog/fmt/fmt.h>

#include <filesystem>
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
  configured_ = {
      {"server", server_option_, &flags_.endpoint.address},
      {"tls_ca", app.get_option("--tls-ca")->envname("DESCENT_TLS_CA"), &credential_files_.ca},
      {"tls_cert", app.get_option("--tls-cert")->envname("DESCENT_TLS_CERT"),
       &credential_files_.certificate},
      {"tls_key", app.get_option("--tls-key")->envname("DESCENT_TLS_KEY"), &credential_files_.key},
      {"token_file", app.get_option("--token-file")->envname("DESCENT_TOKEN_FILE"),
       &credential_files_.token}};
  app.add_option("-o,--output", flags_.output, "Form of the output")
      ->check(CLI::IsMember({"table", "wide", "json", "jsonl", "yaml", "name"}))
      ->capture_default_str();
  app.add_flag("--json", flags_.is_json, "The same as -o json");
  CLI::Option* const quiet =
      app.add_flag("-q,--quiet", flags_.is_quiet, "Say nothing but errors and what was asked for");
  app.add_flag("-v,--verbose", flags_.is_verbose, "Say also where the settings come from")
      ->excludes(quiet);
  app.add_flag("--no-color", flags_.has_no_color, "No colour, as with NO_COLOR set");
  app.add_flag("--no-input", flags_.has_no_input, "Ask nothing, as without a terminal");
  app.add_flag("-y,--yes", flags_.is_confirmed, "Answer yes to whatever would be asked");
}

DocumentForm CommandLine::Form() const {
  if (flags_.is_json) return DocumentForm::kJson;
  if (flags_.output == "yaml") return DocumentForm::kYaml;
  return flags_.output == "jsonl" ? DocumentForm::kJsonLines : DocumentForm::kJson;
}

void CommandLine::OnChosen(CLI::App* command, std::function<ExitCode(Console&)> run,
                           NameForm names) {
  command->final_callback([this, command, run = std::move(run), names] {
    const Verbosity loud = flags_.is_verbose ? Verbosity::kVerbose : Verbosity::kNormal;
    Console console(flags_.is_quiet ? Verbosity::kQuiet : loud,
                    flags_.has_no_color ? ColorChoice::kNever : ColorChoice::kAuto, Form());
    if (WantsNames() && names == NameForm::kNone) {
      console.Error("descent " + command->get_name() +
                    " has no names to answer with; -o must be table, wide, json, jsonl or yaml");
      exit_code_ = ExitCode::kUsage;
      return;
    }
    const std::optional<ExitCode> refused = Prepare(console);
    exit_code_ = refused ? *refused : run(console);
  });
}

std::optional<ExitCode> CommandLine::Prepare(Console& console) {
  flags_.is_server_named = server_option_->count() > 0;
  if (const auto refused = ApplyConfigFile(console)) return refused;
  console.Detail(fmt::format("coordinator: {}", flags_.endpoint.address));
  for (const Configured& configured : configured_)
    if (configured.option != server_option_ && !configured.value->empty())
      console.Detail(fmt::format("{}: {}", configured.key, *configured.value));
  Result<Credentials> credentials = ReadCredentials(credential_files_, flags_.endpoint.address);
  if (!credentials.ok()) {
    console.Error(credentials.status().message());
    return ExitCode::kUsage;
  }
  flags_.endpoint.credentials = std::move(credentials).value();
  return std::nullopt;
}

std::optional<ExitCode> CommandLine::ApplyConfigFile(Console& console) {
  const std::filesystem::path path = ConfigFilePath();
  if (path.empty()) return std::nullopt;
  const Result<std::string> text = ReadFile(path, limits::kJobFileBytesMax);
  if (!text.ok()) {
    if (text.status().code() == Code::kNotFound) return std::nullopt;
    console.Error(text.status().message());
    return ExitCode::kUsage;
  }
  const ConfigFile config = ParseConfigFile(text.value(), path.parent_path());
  if (!config.problems.empty()) {
    console.Problems(FormatProblems(config.problems, path.string()));
    return ExitCode::kUsage;
  }
  console.Detail(fmt::format("config file: {}", path.string()));
  UseConfig(config);
  return std::nullopt;
}

// For what neither a flag nor the environment has given. Credentials that stand beside a server are
// for no other one.
void CommandLine::UseConfig(const ConfigFile& config) {
  const auto server = config.values.find("server");
  const bool has_server = server != config.values.end();
  const bool is_of_another =
      has_server && flags_.is_server_named && flags_.endpoint.address != server->second;
  flags_.is_server_named = flags_.is_server_named || has_server;
  if (is_of_another) return;
  for (const Configured& configured : configured_) {
    const auto value = config.values.find(configured.key);
    if (value != config.values.end() && configured.option->count() == 0)
      *configured.value = value->second;
  }
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

std::string ShownFileName(const std::string& file_name) {
  return file_name == "-" ? "stdin" : file_name;
}

Reply<JobFile> LoadJobFile(Console& console, const std::string& file_name,
                           const std::vector<std::string>& overrides,
                           const FindViolations& find_more) {
  const Result<std::string> text = ReadText(file_name);
  if (!text.ok()) {
    console.Error(text.status().message());
    return UsageError("");
  }
  JobFile file = ReadJobFile(text.value(), overrides);
  if (file.problems.empty()) return file;
  if (find_more)
    for (const Violation& violation : find_more(file.spec)) AddViolation(file, violation);
  console.Problems(FormatProblems(file.problems, ShownFileName(file_name)));
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

void PrintDocuments(Console& console, const std::vector<std::string>& documents,
                    std::size_t asked_for) {
  if (asked_for > 1) return console.Document(fmt::format("[{}]", fmt::join(documents, ",")));
  for (const std::string& document : documents) console.Document(document);
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

}  // namespace descent
