#include "client/render/profile_text.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "client/render/format.h"
#include "client/render/table.h"

namespace descent {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kOpsMax = 10;
constexpr int kTrainingThread = 0;

// The phases of docs/profile.md in the order of a step, and how the table calls them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kPhases = {{
    {"data", "wait for data"},
    {"forward", "forward"},
    {"backward", "backward"},
    {"gradients", "sums of gradients"},
    {"reduction", "wait for reductions"},
    {"losses", "wait for losses"},
    {"update", "update"},
    {"exchange", "exchange of parameters"},
    {"report", "reports and phases"},
    {"grant", "wait for grants"},
    {"evaluation", "evaluation"},
    {"checkpoint", "checkpoints"},
}};

// In microseconds.
struct Event {
  std::int64_t rank = 0;
  std::int64_t thread = 0;
  std::string phase;
  std::string name;
  double begin = 0;
  double end = 0;

  double duration() const { return end - begin; }
};

struct Summary {
  std::int64_t ranks = 0;
  std::int64_t steps = 0;                // of all ranks together, as are all times
  double time = 0;                       // from the first step's begin to the last one's end
  std::map<std::string, double> phases;  // of the training threads
  double reduction = 0;                  // of buckets, on the communication threads
  double hidden_reduction = 0;           // of that, beside a backward pass
  struct Op {
    std::int64_t count = 0;
    double time = 0;
  };
  std::map<std::string, Op> ops;
};

std::vector<Event> EventsOf(const Json& trace) {
  std::vector<Event> events;
  for (const Json& event : trace.at("traceEvents")) {
    if (event.at("ph") != "X") continue;
    const double begin = event.at("ts");
    events.push_back({.rank = event.at("pid"),
                      .thread = event.at("tid"),
                      .phase = event.at("cat"),
                      .name = event.at("name"),
                      .begin = begin,
                      .end = begin + event.at("dur").get<double>()});
  }
  return events;
}

// How much of `event` lies within events of `others`, which do not overlap.
double TimeWithin(const Event& event, const std::vector<Event>& others) {
  double time = 0;
  for (const Event& other : others)
    time += std::max(0.0, std::min(event.end, other.end) - std::max(event.begin, other.begin));
  return time;
}

std::vector<Event> OfPhase(const std::vector<Event>& events, std::string_view phase) {
  std::vector<Event> found;
  std::ranges::copy_if(events, std::back_inserter(found),
                       [&](const Event& event) { return event.phase == phase; });
  return found;
}

void AddTrainingThread(const std::vector<Event>& events, double end, Summary& summary) {
  const std::vector<Event> losses = OfPhase(events, "losses");
  for (const Event& event : events) {
    if (event.thread != kTrainingThread || event.phase == "step" || event.begin >= end) continue;
    summary.phases[event.phase] += event.duration();
    if (event.phase == "forward" || event.phase == "backward") {
      Summary::Op& op = summary.ops[event.name];
      ++op.count;
      op.time += event.duration();
    }
    // The wait is for both; the exchange of losses comes last.
    if (event.phase != "reduction") continue;
    const double for_losses = TimeWithin(event, losses);
    summary.phases["reduction"] -= for_losses;
    summary.phases["losses"] += for_losses;
  }
}

void AddRank(const std::vector<Event>& events, Summary& summary) {
  const std::vector<Event> steps = OfPhase(events, "step");
  if (steps.empty()) return;
  ++summary.ranks;
  summary.steps += std::ssize(steps);
  summary.time += steps.back().end - steps.front().begin;
  AddTrainingThread(events, steps.back().end, summary);
  const std::vector<Event> backward = OfPhase(events, "backward");
  for (const Event& bucket : OfPhase(events, "bucket")) {
    summary.reduction += bucket.duration();
    summary.hidden_reduction += TimeWithin(bucket, backward);
  }
}

Summary SummaryOf(const std::vector<Event>& events) {
  std::map<std::int64_t, std::vector<Event>> by_rank;
  for (const Event& event : events) by_rank[event.rank].push_back(event);
  Summary summary;
  for (const auto& [rank, of_rank] : by_rank) AddRank(of_rank, summary);
  return summary;
}

std::string ProfileMilliseconds(double microseconds) {
  return fmt::format("{:.3f}", microseconds * 1e-3);
}
std::string Percent(double part, double whole) {
  return fmt::format("{:.1f} %", whole > 0 ? 100 * part / whole : 0.0);
}

std::string PhasesText(const Summary& summary) {
  const auto steps = static_cast<double>(summary.steps);
  Table table({"phase", "ms per step", "share"});
  double other = summary.time;
  for (const auto& [phase, name] : kPhases) {
    const auto found = summary.phases.find(std::string(phase));
    if (found == summary.phases.end()) continue;
    other -= found->second;
    table.AddRow({std::string(name), ProfileMilliseconds(found->second / steps),
                  Percent(found->second, summary.time)});
  }
  table.AddRow({"other", ProfileMilliseconds(other / steps), Percent(other, summary.time)});
  table.AddRow(
      {"step", ProfileMilliseconds(summary.time / steps), Percent(summary.time, summary.time)});
  return table.ToString();
}

std::string ProfileOpsText(const Summary& summary) {
  std::vector<std::pair<std::string, Summary::Op>> ops(summary.ops.begin(), summary.ops.end());
  std::ranges::sort(ops, std::ranges::greater(), [](const auto& op) { return op.second.time; });
  const auto steps = static_cast<double>(summary.steps);
  Table table({"op", "times per step", "ms per step", "share"});
  for (std::size_t i = 0; i < std::min(ops.size(), kOpsMax); ++i) {
    const auto& [name, op] = ops[i];
    table.AddRow({name, fmt::format("{:.0f}", static_cast<double>(op.count) / steps),
                  ProfileMilliseconds(op.time / steps), Percent(op.time, summary.time)});
  }
  return table.ToString();
}

std::string ProfileTextOf(const Json& trace) {
  const Summary summary = SummaryOf(EventsOf(trace));
  if (summary.steps == 0) return "profile: the run ended before a step was recorded\n";
  const auto steps = static_cast<double>(summary.steps);
  std::string text =
      fmt::format("profile of {} steps, mean of {} rank{}\n{}", summary.steps / summary.ranks,
                  summary.ranks, summary.ranks == 1 ? "" : "s", PhasesText(summary));
  text += fmt::format(
      "reductions: {} ms per step on the communication thread, {} of it beside the "
      "backward pass\n{}",
      ProfileMilliseconds(summary.reduction / steps),
      Percent(summary.hidden_reduction, summary.reduction), ProfileOpsText(summary));
  if (const std::int64_t left_out = trace.at("leftOut"); left_out > 0)
    text += fmt::format("{} events did not fit in memory and are left out: record fewer steps\n",
                        FormatGrouped(left_out));
  return text;
}

}  // namespace

Result<std::string> ProfileText(const std::string& trace) {
  try {
    return ProfileTextOf(Json::parse(trace));
  } catch (const Json::exception& error) {
    return Status(Code::kInvalidArgument, std::string("this is no profile: ") + error.what());
  }
}

}  // namespace descent
