#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>

#include "client/commands/command.h"
#include "common/version.h"

namespace descent {
namespace {

int Main(int argc, char** argv) {
  // What matters of gRPC comes back as an error of the call.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  CLI::App app("Trains neural networks over several workers, with the same bits on any number.",
               "descent");
  app.fallthrough();
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", std::string("descent ") + kVersion);
  CommandLine line(app);
  AddEveryCommand(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::kUsage);
  }
  if (app.get_subcommands().empty()) {
    std::cerr << app.help();
    return static_cast<int>(ExitCode::kUsage);
  }
  return static_cast<int>(line.exit_code());
}

}  // namespace
}  // namespace descent

int main(int argc, char** argv) { return descent::Main(argc, argv); }
