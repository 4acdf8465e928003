#include "client/follow.h"

#include <chrono>
#include <utility>

#include "client/api/job_watcher.h"
#include "client/interrupt.h"
#include "client/render/job_text.h"
#include "client/render/progress_text.h"
#include "common/evaluation.h"

namespace descent {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFollowInterval{100};
// A rank that fails reports why before mpirun ends: its report may still be on the way.
constexpr std::chrono::seconds kTroubleDelay{2};

std::vector<std::string> EvaluationNames() {
  std::vector<std::string> names;
  for (const EvaluationMetric metric : kAllEvaluationMetrics)
    names.push_back("validation/" + std::string(MetricName(metric)));
  return names;
}

// A line for each state and evaluation, and one that moves.
class LineDisplay final : public JobDisplay {
 public:
  LineDisplay(Client& client, Console& console, std::int64_t evaluated_step)
      : client_(client), console_(console), evaluated_step_(evaluated_step) {}

  void Show(const JobView& job) override {
    ShowState(job);
    ShowEvaluations(job);
    if (job.state == "RUNNING" && job.progress.last_step > 0)
      console_.Live(ProgressText(job, console_.LiveColumns()));
  }

  std::int64_t evaluated_step() const { return evaluated_step_; }

 private:
  void ShowState(const JobView& job) {
    std::string text = StateText(job);
    if (text == last_state_) return;
    console_.Say(text);
    last_state_ = std::move(text);
  }

  // The newest version of a job has only the newest evaluation; the metrics have all of them.
  void ShowEvaluations(const JobView& job) {
    std::map<std::string, double> values;
    const std::vector<std::string> names = EvaluationNames();
    for (const std::string& name : names)
      if (const auto metric = job.latest_metrics.find(name); metric != job.latest_metrics.end())
        values.insert(*metric);
    if (values == last_values_) return;
    const auto curves = client_.QueryMetrics(job.id, names, evaluated_step_ + 1);
    if (!curves.ok()) return;
    last_values_ = std::move(values);
    const EvaluationLines evaluations = EvaluationText(curves.value(), evaluated_step_);
    evaluated_step_ = evaluations.last_step;
    for (const std::string& line : evaluations.lines) console_.Say(line);
  }

  Client& client_;
  Console& console_;
  std::string last_state_;
  std::map<std::string, double> last_values_;
  std::int64_t evaluated_step_;
};

// By which the outcomes of several jobs are weighed.
int BadnessOf(ExitCode outcome) {
  switch (outcome) {
    case ExitCode::kDone:
      return 0;
    case ExitCode::kTimedOut:
      return 1;
    case ExitCode::kJobCancelled:
      return 2;
    case ExitCode::kJobFailed:
      return 3;
    default:
      return 4;
  }
}

}  // namespace

void ConnectionNotice::Show(bool is_connected) {
  if (std::exchange(was_connected_, is_connected) == is_connected) return;
  console_.Say(is_connected ? "the coordinator is back"
                            : "the coordinator is away; the workers go on, waiting for it");
}

Followed Follow(Client& client, Console& console, const JobView& job,
                const FollowOptions& options) {
  LineDisplay lines(client, console, options.evaluated_step);
  JobDisplay& display = options.display == nullptr ? lines : *options.display;
  ConnectionNotice connection(console);
  JobWatcher watcher(client, job.id);
  Followed followed{.job = job};
  const Clock::time_point begin = Clock::now();
  std::optional<Clock::time_point> trouble_since;
  while (true) {
    JobWatcher::Update update = watcher.Wait(kFollowInterval);
    connection.Show(update.is_connected);
    if (update.job) {
      followed.job = std::move(*update.job);
      display.Show(followed.job);
      followed.evaluated_step = lines.evaluated_step();
      if (followed.job.IsTerminal()) return followed;
    }
    display.Refresh();
    if (update.error) {
      followed.end = FollowEnd::kLost;
      followed.error = *std::move(update.error);
      return followed;
    }
    const bool is_left = options.is_left && options.is_left();
    if (is_left || InterruptCount() > options.interrupts_ignored) {
      followed.end = FollowEnd::kInterrupted;
      return followed;
    }
    if (options.timeout && Clock::now() - begin > *options.timeout) {
      followed.end = FollowEnd::kTimedOut;
      return followed;
    }
    if (!options.find_trouble) continue;
    auto trouble = options.find_trouble();
    if (!trouble) continue;
    if (!trouble_since) trouble_since = Clock::now();
    if (Clock::now() - *trouble_since < kTroubleDelay) continue;
    followed.end = FollowEnd::kTrouble;
    followed.trouble = *std::move(trouble);
    return followed;
  }
}

ExitCode OutcomeOf(const JobView& job) {
  if (job.state == "SUCCEEDED") return ExitCode::kDone;
  if (job.state == "FAILED") return ExitCode::kJobFailed;
  if (job.state == "CANCELLED") return ExitCode::kJobCancelled;
  return ExitCode::kError;
}

ExitCode WorseOf(ExitCode one, ExitCode other) {
  return BadnessOf(other) > BadnessOf(one) ? other : one;
}

}  // namespace descent
