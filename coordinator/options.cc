#include "coordinator/options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <string>

#include "coordinator/state_directory.h"

namespace descent {
namespace {

struct Flags {
  std::string user = "127.0.0.1:9090";
  std::string worker = "127.0.0.1:9091";
  std::string http = "127.0.0.1:8080";
  std::string state_directory = StateDirectory::Default();
  std::string checkpoint_root;
  std::string ports_file;
  bool exits_with_parent = false;
  bool is_insecure = false;
};

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
  app.add_option("--ports-file", flags.ports_file,
                 "Write the addresses to this file, as JSON, once all listeners are up");
  app.add_flag("--exit-with-parent", flags.exits_with_parent,
               "Stop when the process that started this one ends");
  app.add_flag("--insecure", flags.is_insecure,
               "Allow addresses that other machines can reach, without any protection");
}

Result<ListenAddress> ParseListen(const std::string& flag, const std::string& text,
                                  bool is_insecure) {
  const Result<ListenAddress> address = ListenAddress::Parse(text);
  if (!address.ok())
    return Status(address.status().code(), flag + ": " + address.status().message());
  if (!address.value().IsLoopback() && !is_insecure)
    return Status(Code::kInvalidArgument,
                  flag + ": " + text +
                      " can be reached from other machines, and nothing protects "
                      "it; use 127.0.0.1, or add --insecure on a network that you trust");
  return address;
}

Result<CoordinatorOptions> Resolve(const Flags& flags) {
  CoordinatorOptions options;
  DESCENT_ASSIGN(options.user, ParseListen("--listen", flags.user, flags.is_insecure));
  DESCENT_ASSIGN(options.worker, ParseListen("--worker-listen", flags.worker, flags.is_insecure));
  DESCENT_ASSIGN(options.http, ParseListen("--http", flags.http, flags.is_insecure));
  options.state_directory = std::filesystem::absolute(flags.state_directory);
  options.checkpoint_root = flags.checkpoint_root.empty()
                                ? options.state_directory / "checkpoints"
                                : std::filesystem::absolute(flags.checkpoint_root);
  options.ports_file = flags.ports_file;
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
