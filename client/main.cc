#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>

#include "client/commands/command.h"
#include "common/utf8.h"
#include "common/version.h"
#include "rpc/grpc_setup.h"

namespace descent {
namespace {

// What is typed travels as text; paths do not all, but nobody could be told of such a one.
bool AreText(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (IsUtf8(argv[i])) continue;
    std::cerr << "error: argument " << i << ", \"" << ToUtf8(argv[i])
              << "\", is not a text, must be UTF-8\n";
    return false;
  }
  return true;
}

int Main(int argc, char** argv) {
  SetUpGrpc();
  CLI::App app("Trains neural networks over several workers, with the same bits on any number.",
               "descent");
  app.fallthrough();
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", std::string("descent ") + kVersion);
  CommandLine line(app);
  AddEveryCommand(app, line);
  if (!AreText(argc, argv)) return static_cast<int>(ExitCode::kUsage);
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
