#include "worker/train/run_profile.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>

#include "common/check.h"
#include "common/file.h"
#include "common/log.h"

namespace descent {
namespace {

using Json = nlohmann::ordered_json;

// Of a thread: 4 MiB of memory, some 25 MB of a trace.
constexpr std::size_t kEventsMax = std::size_t{1} << 17;

double Microseconds(MonotonicTime::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

Json ToJson(const TraceEvent& event, int rank, std::size_t thread) {
  const TraceLabel& label = *event.label;
  Json args = Json::object();
  if (event.number >= 0) args["number"] = event.number;
  if (!label.layer.empty()) args["layer"] = label.layer;
  if (!label.text.empty()) args["text"] = label.text;
  return {{"ph", "X"},
          {"pid", rank},
          {"tid", thread},
          {"cat", label.phase},
          {"name", label.name},
          {"ts", Microseconds(event.begin.time_since_epoch())},
          {"dur", Microseconds(event.end - event.begin)},
          {"args", std::move(args)}};
}

Json NameOf(const char* what, int rank, std::size_t thread, const std::string& name) {
  return {{"ph", "M"}, {"pid", rank}, {"tid", thread}, {"name", what}, {"args", {{"name", name}}}};
}

// The clock is that of the machine: the files of its ranks fit together.
std::string TraceText(int rank, std::span<const TraceTrack> tracks) {
  Json events = Json::array();
  events.push_back(NameOf("process_name", rank, 0, "rank " + std::to_string(rank)));
  std::size_t left_out = 0;
  for (std::size_t thread = 0; thread < tracks.size(); ++thread) {
    events.push_back(NameOf("thread_name", rank, thread, tracks[thread].name()));
    for (const TraceEvent& event : tracks[thread].events())
      events.push_back(ToJson(event, rank, thread));
    left_out += tracks[thread].left_out_count();
  }
  return Json{{"traceEvents", std::move(events)}, {"leftOut", left_out}}.dump();
}

}  // namespace

IndexRange RecordedSteps(const ProfileOptions& options, IndexRange steps) {
  DESCENT_CHECK(options.steps >= 1);
  DESCENT_CHECK(options.warmup_steps >= 0);
  const std::int64_t latest = std::max(steps.first, steps.last - options.steps);
  const std::int64_t first = std::min(steps.first + options.warmup_steps, latest);
  return {.first = first, .last = std::min(first + options.steps, steps.last)};
}

RunProfile::RunProfile(const Options& options)
    : file_(std::filesystem::path(options.profile.directory) /
            (std::to_string(options.generation) + "-" + std::to_string(options.rank) + ".json")),
      rank_(options.rank),
      recorded_(RecordedSteps(options.profile, options.steps)),
      tracks_{TraceTrack("training", kEventsMax), TraceTrack("communication", kEventsMax),
              TraceTrack("data", kEventsMax)} {}

RunProfile::~RunProfile() { Close(); }

void RunProfile::BeginStep(std::int64_t step) {
  if (step >= recorded_.last) return Close();
  for (TraceTrack& track : tracks_) track.SetOpen(step >= recorded_.first);
}

void RunProfile::Close() {
  if (is_over_) return;
  is_over_ = true;
  for (TraceTrack& track : tracks_) track.SetOpen(false);
  if (tracks_[0].events().empty()) return;
  const Status written = WriteNewFile(file_, TraceText(rank_, tracks_));
  if (!written.ok()) LogWarning("profile not written error=\"{}\"", written.message());
}

}  // namespace descent
