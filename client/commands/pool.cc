#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <memory>

#include "client/api/cluster_client.h"
#include "client/commands/command.h"
#include "client/render/cluster_text.h"

namespace descent {
namespace {

ExitCode ShowPools(const CommandLine& line, Console& console) {
  const auto pools = ClusterClient(line.flags().endpoint).ListPools();
  if (!pools.ok()) return Report(console, pools.error());
  if (line.WantsDocument()) {
    console.Document(JsonList(pools.value()));
  } else if (line.WantsNames()) {
    for (const PoolView& pool : pools.value()) console.Data(pool.name + "\n");
  } else if (pools.value().empty()) {
    console.Say("no workers are attached; start some: descent launch -n 2");
  } else {
    console.Data(PoolTable(pools.value()));
  }
  return ExitCode::kDone;
}

ExitCode Describe(const CommandLine& line, const std::string& name, Console& console) {
  const auto pools = ClusterClient(line.flags().endpoint).ListPools();
  if (!pools.ok()) return Report(console, pools.error());
  const auto pool = std::ranges::find(pools.value(), name, &PoolView::name);
  if (pool == pools.value().end())
    return Report(console, ApiError{.exit_code = ExitCode::kNotFound,
                                    .message = fmt::format(
                                        "no pool is named \"{}\"; see descent pool ls", name),
                                    .violations = {}});
  if (line.WantsDocument())
    console.Document(pool->json);
  else
    console.Data(PoolDescription(*pool));
  return ExitCode::kDone;
}

}  // namespace

void AddPool(CLI::App& app, CommandLine& line) {
  CLI::App* group = app.add_subcommand("pool", "List pools: the workers of one mpirun each");
  group->require_subcommand(1);
  CLI::App* list = group->add_subcommand("ls", "List the pools");
  line.OnChosen(
      list, [&line](Console& console) { return ShowPools(line, console); }, NameForm::kHas);

  CLI::App* describe = group->add_subcommand("describe", "Show one pool with its workers");
  const auto name = std::make_shared<std::string>();
  describe->add_option("pool", *name, "Name of the pool")->required();
  line.OnChosen(describe,
                [&line, name](Console& console) { return Describe(line, *name, console); });
}

}  // namespace descent
