#include "common/failpoint.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

namespace descent {
namespace {

constexpr const char* kPoints = "DESCENT_FAILPOINTS";
constexpr const char* kRecord = "DESCENT_FAILPOINT_RECORD";
constexpr int kExitUnreadable = 2;

enum class FailAction { kKill, kStop, kDelay, kCount };

struct Failpoint {
  std::string name;  // "*": every one
  FailAction action = FailAction::kKill;
  std::chrono::milliseconds delay{0};
  std::int64_t passage = 0;  // when it acts; 0: always
  std::atomic<std::int64_t> passages{0};
};

std::string OwnRank() {
  const char* const rank = std::getenv("OMPI_COMM_WORLD_RANK");
  return rank == nullptr ? "-" : rank;
}

[[noreturn]] void Refuse(std::string_view entry) {
  std::fprintf(
      stderr,
      "error: %s has \"%.*s\", wanted [PROGRAM/][rank:R/]NAME=ACTION[@K] with ACTION kill, "
      "stop, count or delay(MILLISECONDS)\n",
      kPoints, static_cast<int>(entry.size()), entry.data());
  std::_Exit(kExitUnreadable);
}

// Takes what stands before the first `mark` off the front of `text`, and the mark.
std::optional<std::string_view> TakeUntil(std::string_view& text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at + 1);
  return taken;
}

std::optional<std::int64_t> ParseNumber(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || number < 0) return std::nullopt;
  return number;
}

// False: there is no such action.
bool SetAction(std::string_view text, Failpoint& point) {
  constexpr std::string_view kDelay = "delay(";
  const bool is_delay = text.starts_with(kDelay) && text.ends_with(')');
  if (!is_delay && text != "kill" && text != "stop" && text != "count") return false;
  point.action = is_delay         ? FailAction::kDelay
                 : text == "stop" ? FailAction::kStop
                 : text == "kill" ? FailAction::kKill
                                  : FailAction::kCount;
  if (!is_delay) return true;
  text.remove_prefix(kDelay.size());
  text.remove_suffix(1);
  const std::optional<std::int64_t> milliseconds = ParseNumber(text);
  if (milliseconds) point.delay = std::chrono::milliseconds(*milliseconds);
  return milliseconds.has_value();
}

// Adds the point unless it is another process's.
void AddPoint(std::string_view entry, std::deque<Failpoint>& points) {
  constexpr std::string_view kRank = "rank:";
  std::string_view rest = entry;
  bool is_ours = true;
  while (const std::optional<std::string_view> whose = TakeUntil(rest, '/'))
    is_ours &= whose->starts_with(kRank) ? whose->substr(kRank.size()) == OwnRank()
                                         : *whose == program_invocation_short_name;
  const std::optional<std::string_view> name = TakeUntil(rest, '=');
  if (!name || name->empty()) Refuse(entry);
  const std::optional<std::string_view> before_passage = TakeUntil(rest, '@');
  Failpoint& point = points.emplace_back();
  point.name = *name;
  if (!SetAction(before_passage.value_or(rest), point)) Refuse(entry);
  const bool is_once = point.action == FailAction::kKill || point.action == FailAction::kStop;
  const std::optional<std::int64_t> passage =
      before_passage ? ParseNumber(rest) : std::optional<std::int64_t>(is_once ? 1 : 0);
  if (!passage || (before_passage && *passage == 0)) Refuse(entry);
  point.passage = *passage;
  if (!is_ours) points.pop_back();
}

// Never destroyed: threads pass points until the process is gone.
std::deque<Failpoint>& ReadPoints() {
  auto* const points = new std::deque<Failpoint>;  // NOLINT
  const char* const text = std::getenv(kPoints);
  std::string_view rest = text == nullptr ? "" : text;
  while (!rest.empty()) {
    const std::optional<std::string_view> entry = TakeUntil(rest, ',');
    AddPoint(entry.value_or(rest), *points);
    if (!entry) break;
  }
  return *points;
}

// A descriptor of a file in the record. -1: there is no record, or what `flags` exclude is there.
int OpenInRecord(const std::string& name, int flags) {
  const char* const directory = std::getenv(kRecord);
  if (directory == nullptr) return -1;
  const std::string path = std::string(directory) + "/" + name;
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
  if (descriptor >= 0 || errno == EEXIST) return descriptor;
  std::fprintf(stderr, "error: cannot record a failpoint in %s: %s\n", path.c_str(),
               std::strerror(errno));
  std::_Exit(kExitUnreadable);
}

bool IsFirstToCome(const char* name, std::int64_t passage) {
  if (std::getenv(kRecord) == nullptr) return true;
  const int descriptor = OpenInRecord(std::string("fired.") + name, O_EXCL);
  if (descriptor < 0) return false;
  dprintf(descriptor, "%s %s %d %lld\n", program_invocation_short_name, OwnRank().c_str(), getpid(),
          static_cast<long long>(passage));
  close(descriptor);
  return true;
}

void Count(const char* name) {
  const std::string file =
      std::string("count.") + program_invocation_short_name + "." + OwnRank() + "." + name;
  const int descriptor = OpenInRecord(file, O_APPEND);
  if (descriptor < 0) return;
  dprintf(descriptor, ".");
  close(descriptor);
}

void Act(const Failpoint& point, const char* name, std::int64_t passage) {
  switch (point.action) {
    case FailAction::kKill:
      if (!IsFirstToCome(name, passage)) return;
      kill(getpid(), SIGKILL);
      pause();  // until it has come
      return;
    case FailAction::kStop:
      if (IsFirstToCome(name, passage)) kill(getpid(), SIGSTOP);
      return;
    case FailAction::kDelay:
      return std::this_thread::sleep_for(point.delay);
    case FailAction::kCount:
      return Count(name);
  }
}

}  // namespace

void PassFailpoint(const char* name) {
  static std::deque<Failpoint>& points = ReadPoints();
  for (Failpoint& point : points) {
    if (point.name != "*" && point.name != name) continue;
    const std::int64_t passage = ++point.passages;
    if (point.passage == 0 || point.passage == passage) Act(point, name, passage);
  }
}

}  // namespace descent
