#include "coordinator/utc_time.h"

#include <fmt/chrono.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <ctime>

namespace descent {
namespace {

constexpr int kMinuteSeconds = 60;
constexpr int kHourSeconds = 3600;

bool IsDigit(char c) { return '0' <= c && c <= '9'; }

// Reads a text from front to back; once something is missing, it has failed for good.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : rest_(text) {}

  bool IsAtEnd() const { return rest_.empty(); }
  bool HasFailed() const { return has_failed_; }

  bool Take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void Require(char c) {
    if (!Take(c)) has_failed_ = true;
  }
  // Exactly so many digits, of a number in [min, max].
  int RequireNumber(int digits, int min, int max) {
    int number = 0;
    for (int i = 0; i < digits; ++i) {
      if (rest_.empty() || !IsDigit(rest_.front())) {
        has_failed_ = true;
        return 0;
      }
      number = 10 * number + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    if (number < min || number > max) has_failed_ = true;
    return number;
  }
  // One or more digits behind a point.
  double RequireFraction() {
    double fraction = 0;
    if (rest_.empty() || !IsDigit(rest_.front())) has_failed_ = true;
    for (double scale = 0.1; !rest_.empty() && IsDigit(rest_.front()); scale /= 10) {
      fraction += scale * (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return fraction;
  }

 private:
  std::string_view rest_;
  bool has_failed_ = false;
};

double RequireDate(TimeReader& reader, bool& is_real) {
  const std::chrono::year year(reader.RequireNumber(4, 0, 9999));
  reader.Require('-');
  const std::chrono::month month(static_cast<unsigned>(reader.RequireNumber(2, 1, 12)));
  reader.Require('-');
  const std::chrono::day day(static_cast<unsigned>(reader.RequireNumber(2, 1, 31)));
  const std::chrono::year_month_day date(year, month, day);
  is_real = date.ok();
  const std::chrono::sys_seconds midnight = std::chrono::sys_days(date);
  return static_cast<double>(midnight.time_since_epoch().count());
}

double RequireClock(TimeReader& reader) {
  const int hours = reader.RequireNumber(2, 0, 23);
  reader.Require(':');
  const int minutes = reader.RequireNumber(2, 0, 59);
  reader.Require(':');
  const int seconds = reader.RequireNumber(2, 0, 60);
  const double fraction = reader.Take('.') ? reader.RequireFraction() : 0;
  return hours * kHourSeconds + minutes * kMinuteSeconds + seconds + fraction;
}

// How far the clock is ahead of UTC, in seconds.
double RequireZone(TimeReader& reader) {
  if (reader.Take('Z')) return 0;
  const bool is_behind = reader.Take('-');
  if (!is_behind) reader.Require('+');
  const int hours = reader.RequireNumber(2, 0, 23);
  reader.Require(':');
  const int seconds = hours * kHourSeconds + reader.RequireNumber(2, 0, 59) * kMinuteSeconds;
  return is_behind ? -seconds : seconds;
}

}  // namespace

std::optional<double> ParseUtcTime(std::string_view text) {
  TimeReader reader(text);
  bool is_real = false;
  double time = RequireDate(reader, is_real);
  if (!reader.IsAtEnd()) {
    reader.Require('T');
    time += RequireClock(reader);
    time -= RequireZone(reader);
  }
  if (reader.HasFailed() || !reader.IsAtEnd() || !is_real) return std::nullopt;
  return time;
}

std::string FormatUtcTime(double seconds) {
  constexpr std::int64_t kMillisecondsOfSecond = 1000;
  const std::int64_t time = std::llround(seconds * kMillisecondsOfSecond);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(static_cast<std::time_t>(time / kMillisecondsOfSecond)),
                     time % kMillisecondsOfSecond);
}

}  // namespace descent
