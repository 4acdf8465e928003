#include "launch/rank_report.h"

#include <spdlog/fmt/fmt.h>

#include <sstream>

#include "common/process_end.h"

namespace descent {
namespace {

constexpr std::string_view kMark = "descent-rank ";

}  // namespace

std::string FormatRankReport(const RankReport& report) {
  const RankExit& rank = report.rank;
  const auto line = [&](const char* kind) {
    return fmt::format("\n{}{} {} {} {} {}", kMark, rank.pool, kind, rank.world_rank, rank.host,
                       rank.pid);
  };
  if (!report.has_ended) return line("started") + "\n";
  if (rank.signal != 0) return fmt::format("{} {}\n", line("signalled"), rank.signal);
  return fmt::format("{} {}\n", line("exited"), rank.exit_code);
}

std::optional<RankReport> ParseRankReport(std::string_view line, std::string_view pool) {
  const std::size_t mark = line.find(kMark);
  if (mark == std::string_view::npos) return std::nullopt;
  std::istringstream words{std::string(line.substr(mark + kMark.size()))};
  RankReport report;
  std::string kind;
  words >> report.rank.pool >> kind >> report.rank.world_rank >> report.rank.host >>
      report.rank.pid;
  report.has_ended = kind != "started";
  if (kind == "exited") words >> report.rank.exit_code;
  if (kind == "signalled") words >> report.rank.signal;
  const bool is_known = kind == "started" || kind == "exited" || kind == "signalled";
  if (words.fail() || !is_known || report.rank.pool != pool) return std::nullopt;
  return report;
}

std::string DescribeEnd(const RankExit& exit) {
  const std::string who = exit.world_rank < 0 ? "mpirun" : fmt::format("rank {}", exit.world_rank);
  return fmt::format("{} ({}, pid {}) ended with {}", who, exit.host, exit.pid,
                     ProcessEndText(exit.exit_code, exit.signal));
}

}  // namespace descent
