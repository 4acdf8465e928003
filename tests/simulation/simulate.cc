// The long tier of tests/simulation: as many seeds, workers and hours as one asks for, and the
// commit protocol within bounds of one's own. docs/reliability.md has its commands.
#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

#include "common/clock.h"
#include "tests/simulation/cluster_simulation.h"
#include "tests/simulation/commit_search.h"

namespace descent {
namespace {

struct ClusterFlags {
  std::int64_t seeds = 100;
  bool runs_twice = false;
  SimulationOptions options = {.seed = 1, .workers = 16, .fault_hours = 1};
};

// What all seeds together came to.
struct Totals {
  std::int64_t failed = 0;
  double simulated_seconds = 0;
  std::int64_t events = 0;
  std::int64_t steps = 0;
  std::map<std::string, std::int64_t> faults;
  std::map<std::string, std::int64_t> ends;

  void Add(const SimulationReport& report) {
    failed += report.violations.empty() ? 0 : 1;
    simulated_seconds += report.seconds;
    events += report.events;
    steps += report.steps;
    for (const auto& [fault, count] : report.faults) faults[fault] += count;
    for (const auto& [end, count] : report.ends) ends[end] += count;
  }
};

std::string CountsText(const std::map<std::string, std::int64_t>& counts) {
  std::int64_t total = 0;
  std::string text;
  for (const auto& [name, count] : counts) {
    total += count;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, count);
  }
  return fmt::format("{} ({})", total, text);
}

void PrintFailure(const ClusterFlags& flags, const SimulationReport& report, std::uint64_t seed) {
  for (const std::string& violation : report.violations)
    fmt::print("seed {}: {}\n", seed, violation);
  fmt::print(
      "  replay: simulate cluster --workers {} --hours {} --fault-gap {} --seeds 1 "
      "--first-seed {} --trace\n",
      flags.options.workers, flags.options.fault_hours, flags.options.fault_gap_seconds, seed);
}

int RunClusters(const ClusterFlags& flags) {
  const MonotonicTime begin = MonotonicNow();
  Totals totals;
  SimulationOptions options = flags.options;
  for (std::int64_t i = 0; i < flags.seeds; ++i, ++options.seed) {
    SimulationReport report = ClusterSimulation(options).Run();
    if (flags.runs_twice && ClusterSimulation(options).Run().trace != report.trace)
      report.violations.emplace_back("a second run had another trace");
    totals.Add(report);
    if (!report.violations.empty()) PrintFailure(flags, report, options.seed);
    std::fflush(stdout);
  }
  const double seconds = SecondsBetween(begin, MonotonicNow());
  fmt::print("seeds {}, with violations {}", flags.seeds, totals.failed);
  if (totals.failed == 0 && flags.seeds > 0)
    fmt::print(": fewer than {:.3g} of such seeds fail, with 95 % confidence",
               3.0 / static_cast<double>(flags.seeds));
  fmt::print("\nsimulated {:.1f} h in {:.1f} s: {:.0f} times as fast\n",
             totals.simulated_seconds / 3600, seconds, totals.simulated_seconds / seconds);
  fmt::print("events {}, steps {}\nfaults {}\njobs {}\n", totals.events, totals.steps,
             CountsText(totals.faults), CountsText(totals.ends));
  return totals.failed == 0 ? 0 : 1;
}

int RunCommits(const CommitSearchOptions& options) {
  const MonotonicTime begin = MonotonicNow();
  const CommitSearchResult result = SearchCommits(options);
  for (const std::string& step : result.path) fmt::print("  {}\n", step);
  for (const std::string& violation : result.violations) fmt::print("{}\n", violation);
  fmt::print("states {}, transitions {}, ends {}, depth {}, {}: violations {}, in {:.1f} s\n",
             result.states, result.transitions, result.ends, result.depth,
             result.is_complete ? "all that can be reached" : "not all that can be reached",
             result.violations.size(), SecondsBetween(begin, MonotonicNow()));
  return result.violations.empty() ? 0 : 1;
}

int Main(int argc, char** argv) {
  CLI::App app("Simulates a cluster under faults, or tries all orders of a small one");
  app.require_subcommand(1);
  ClusterFlags cluster;
  CLI::App* const cluster_command = app.add_subcommand("cluster", "One run for each seed");
  cluster_command->add_option("--seeds", cluster.seeds)->capture_default_str();
  cluster_command->add_option("--first-seed", cluster.options.seed)->capture_default_str();
  cluster_command->add_option("--workers", cluster.options.workers)
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  cluster_command->add_option("--hours", cluster.options.fault_hours, "Of faults, simulated")
      ->capture_default_str();
  cluster_command
      ->add_option("--fault-gap", cluster.options.fault_gap_seconds, "Seconds between two faults")
      ->capture_default_str();
  cluster_command->add_flag("--twice", cluster.runs_twice, "And compare the traces");
  cluster_command->add_flag("--trace", cluster.options.prints_trace, "Print all that happens");

  CommitSearchOptions commits{.bounds = {.workers = 3, .steps = 4, .crashes = 2, .losses = 2}};
  CommitBounds& bounds = commits.bounds;
  CLI::App* const commits_command =
      app.add_subcommand("commits", "Every order of events of one job, within bounds");
  commits_command->add_option("--workers", bounds.workers)
      ->check(CLI::Range(1, 8))
      ->capture_default_str();
  commits_command->add_option("--steps", bounds.steps)->capture_default_str();
  commits_command->add_option("--save-every", bounds.save_every)->capture_default_str();
  commits_command->add_option("--crashes", bounds.crashes)->capture_default_str();
  commits_command->add_option("--losses", bounds.losses)->capture_default_str();
  commits_command->add_option("--requests", bounds.requests)->capture_default_str();
  commits_command->add_option("--timeouts", bounds.timeouts)->capture_default_str();
  commits_command->add_option("--waiting", commits.waiting_max, "States kept in memory, about")
      ->capture_default_str();
  commits_command->add_option("--states", commits.states_max, "End after so many; 0: never")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return cluster_command->parsed() ? RunClusters(cluster) : RunCommits(commits);
}

}  // namespace
}  // namespace descent

int main(int argc, char** argv) { return descent::Main(argc, argv); }
