#include "coordinator/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <string>
#include <utility>

#include "common/limits.h"
#include "common/option_number.h"
#include "coordinator/state_directory.h"
#include "coordinator/webhook_flags.h"

namespace descent {
namespace {

constexpr int kStallSecondsMax = 24 * 3600;
constexpr int kStartSecondsMax = 7 * 24 * 3600;

struct Flags {
  std::string user = "127.0.0.1:9090";
  std::string worker = "127.0.0.1:9091";
  std::string http = "127.0.0.1:8080";
  std::string state_directory = StateDirectory::Default();
  std::string checkpoint_root;
  std::string ports_file;
  std::string worker_program;
  bool exits_with_parent = false;
  TlsFiles tls;
  bool requires_tokens = false;
  UserLimits limits;
  int resize_interval = 60;  // seconds
  std::string low_watermark;
  bool has_http_writes = false;
  int stall_seconds = static_cast<int>(limits::kStallTimeout.count());
  int start_seconds = static_cast<int>(limits::kStartTimeout.count());
  int min_runtime = 60;  // seconds
  double keep_jobs_days = 0;
  WebhookFlags webhooks;
};

void DeclareLimits(CLI::App& app, UserLimits& limits) {
  app.add_option("--max-streams", limits.streams_max,
                 "Streams, such as watches of a job, that users may have open together")
      ->check(PositiveNumber())
      ->capture_default_str();
  app.add_option("--max-streams-per-user", limits.streams_of_user_max,
                 "Streams that one user, a name of tokens, may have open")
      ->check(PositiveNumber())
      ->capture_default_str();
  app.add_option("--max-live-jobs-per-user", limits.live_jobs_max,
                 "Jobs of one user that are not at their end, of admins too; 0: any number [1000, "
                 "of admins any number]")
      ->check(NonNegativeNumber());
  app.add_option("--max-changes-per-second", limits.changes_per_second,
                 "Calls of one user that change something; 0: any number")
      ->check(NonNegativeNumber())
      ->capture_default_str();
  app.add_option("--max-changes-at-once", limits.changes_burst,
                 "How many of these may come at once after a quiet time")
      ->check(PositiveNumber())
      ->capture_default_str();
}

void Declare(CLI::App& app, Flags& flags) {
  app.set_version_flag("--version", std::string("descent-coordinator ") + DESCENT_VERSION);
  app.add_option("--listen", flags.user, "Where users connect (gRPC)")->capture_default_str();
  app.add_option("--worker-listen", flags.worker, "Where workers connect (gRPC)")
      ->capture_default_str();
  app.add_option("--http", flags.http, "Where the status page and /metrics are (HTTP)")
      ->capture_default_str();
  app.add_option("--state-dir", flags.state_directory, "Jobs, events and metrics, on a local disk")
      ->capture_default_str();
  app.add_option("--checkpoint-root", flags.checkpoint_root,
                 "Checkpoints, on a disk that every worker sees [STATE/checkpoints]");
  app.add_option("--min-free-space", flags.low_watermark,
                 "Below so much free space beside it, in bytes, GiB or % of the volume, a "
                 "checkpoint that can wait is skipped [1GiB, or 5% of a smaller volume]");
  app.add_option("--ports-file", flags.ports_file,
                 "Write the addresses to this file, as JSON, once all listeners are up");
  app.add_option("--worker-program", flags.worker_program,
                 "descent-worker, which writes models for other programs [beside this program]");
  app.add_flag("--exit-with-parent", flags.exits_with_parent,
               "Stop when the process that started this one ends");
  app.add_option("--tls-cert", flags.tls.certificates,
                 "PEM file of the certificate, and those that vouch for it; turns TLS on, without "
                 "which only this machine can be served, and tokens");
  app.add_option("--tls-key", flags.tls.key, "PEM file of its key");
  app.add_option("--tls-client-ca", flags.tls.worker_ca,
                 "PEM file of who vouches for workers, which then need certificates too");
  app.add_flag("--require-tokens", flags.requires_tokens,
               "Ask every caller for a token without TLS too, among the users of this machine");
  app.add_option(
         "--resize-interval", flags.resize_interval,
         "Seconds that a job runs before it gets more workers, if there are any and it goes "
         "on for as long again; 0: it never does")
      ->check(NonNegativeNumber())
      ->capture_default_str();
  app.add_flag("--http-writes", flags.has_http_writes,
               "Let jobs be submitted, cancelled, suspended and resumed over HTTP too");
  app.add_option("--stall-timeout", flags.stall_seconds,
                 "Seconds after which a running job none of whose workers goes on is started again "
                 "from its last checkpoint; a job of slow steps has more; 0: never")
      ->check(CLI::Range(0, kStallSecondsMax))
      ->capture_default_str();
}

// What holds of jobs that say nothing of their own.
void DeclareJobDefaults(CLI::App& app, Flags& flags) {
  app.add_option("--start-timeout", flags.start_seconds,
                 "Seconds in which all workers of a job must be ready, with their data, unless the "
                 "job has a start_timeout")
      ->check(CLI::Range(1, kStartSecondsMax))
      ->capture_default_str();
  app.add_option("--min-runtime", flags.min_runtime,
                 "Seconds that a preemptible job has run before others may take its workers")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--keep-jobs", flags.keep_jobs_days,
                 "Days for which a job that SUCCEEDED is known, one that FAILED or was CANCELLED "
                 "twice as long, unless the job has a retention; 0: for ever. Checkpoints stay")
      ->check(CLI::Range(0.0, static_cast<double>(limits::kRetentionDaysMax)))
      ->capture_default_str();
}

Result<ListenAddress> ParseListen(const std::string& flag, const std::string& text, bool has_tls) {
  const Result<ListenAddress> address = ListenAddress::Parse(text);
  if (!address.ok())
    return Status(address.status().code(), flag + ": " + address.status().message());
  if (!address.value().IsLoopback() && !has_tls)
    return Status(Code::kInvalidArgument,
                  flag + ": " + text +
                      " can be reached from other machines, which needs TLS and tokens: give "
                      "--tls-cert and --tls-key, or use 127.0.0.1");
  return address;
}

Result<std::optional<Tls>> ParseTls(const TlsFiles& files) {
  if (files.certificates.empty() != files.key.empty())
    return Status(Code::kInvalidArgument, "--tls-cert and --tls-key go together");
  if (files.certificates.empty() && !files.worker_ca.empty())
    return Status(Code::kInvalidArgument, "--tls-client-ca needs --tls-cert and --tls-key");
  if (files.certificates.empty()) return std::optional<Tls>();
  DESCENT_ASSIGN(Tls tls, ReadTls(files));
  return std::optional(std::move(tls));
}

Result<CoordinatorOptions> Resolve(const Flags& flags) {
  CoordinatorOptions options;
  DESCENT_ASSIGN(options.tls, ParseTls(flags.tls));
  const bool has_tls = options.tls.has_value();
  DESCENT_ASSIGN(options.user, ParseListen("--listen", flags.user, has_tls));
  DESCENT_ASSIGN(options.worker, ParseListen("--worker-listen", flags.worker, has_tls));
  DESCENT_ASSIGN(options.http, ParseListen("--http", flags.http, has_tls));
  if (has_tls || flags.requires_tokens) options.admission = Admission::kTokens;
  options.state_directory = std::filesystem::absolute(flags.state_directory);
  options.checkpoint_root = flags.checkpoint_root.empty()
                                ? options.state_directory / "checkpoints"
                                : std::filesystem::absolute(flags.checkpoint_root);
  if (!flags.low_watermark.empty()) {
    Result<LowWatermark> watermark = ParseLowWatermark(flags.low_watermark);
    if (!watermark.ok())
      return Status(watermark.status().code(),
                    fmt::format("--min-free-space: {}", watermark.status().message()));
    options.low_watermark = watermark.value();
  }
  options.ports_file = flags.ports_file;
  options.worker_program = flags.worker_program;
  options.limits = flags.limits;
  options.stall_timeout = std::chrono::seconds(flags.stall_seconds);
  options.resize_interval = std::chrono::seconds(flags.resize_interval);
  options.start_timeout = std::chrono::seconds(flags.start_seconds);
  options.min_runtime = std::chrono::seconds(flags.min_runtime);
  options.keep_jobs_days = flags.keep_jobs_days;
  options.has_http_writes = flags.has_http_writes;
  DESCENT_ASSIGN(options.webhooks, ResolveWebhookFlags(flags.webhooks));
  options.exits_with_parent = flags.exits_with_parent;
  return options;
}

}  // namespace

Result<CoordinatorOptions> ParseCoordinatorOptions(int argc, const char* const* argv) {
  Flags flags;
  CLI::App app(
      "Owns the jobs of one cluster: schedules them, grants their steps, keeps their state.",
      "descent-coordinator");
  Declare(app, flags);
  DeclareJobDefaults(app, flags);
  DeclareLimits(app, flags.limits);
  DeclareWebhookFlags(app, flags.webhooks);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {
    std::exit(app.exit(request));
  } catch (const CLI::ParseError& error) {
    return Status(Code::kInvalidArgument, error.what());
  }
  return Resolve(flags);
}

}  // namespace descent
