#include "worker/train/abort_watch.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace descent {
namespace {

using std::chrono::milliseconds;

// A move may have been a wait for the coordinator, which says nothing of how long a step takes.
constexpr std::chrono::minutes kLongestPatience{5};

// Asked every ExitWatch::kInterval.
class Disobedience {
 public:
  Disobedience(std::shared_ptr<StepControl> control, std::shared_ptr<const ProgressMarker> progress,
               milliseconds patience)
      : control_(std::move(control)), progress_(std::move(progress)), patience_(patience) {}

  bool operator()() {
    if (!control_->has_begun()) return false;
    if (const std::int64_t moves = progress_->moves(); moves != moves_) {
      longest_move_ = std::max(longest_move_, std::exchange(still_for_, milliseconds(0)));
      disobeys_for_ = milliseconds(0);
      moves_ = moves;
    }
    still_for_ += ExitWatch::kInterval;
    if (control_->is_aborted() && !progress_->is_saving()) disobeys_for_ += ExitWatch::kInterval;
    return disobeys_for_ >=
           std::max(patience_, std::min<milliseconds>(3 * longest_move_, kLongestPatience));
  }

 private:
  const std::shared_ptr<StepControl> control_;
  const std::shared_ptr<const ProgressMarker> progress_;
  const milliseconds patience_;
  std::int64_t moves_ = 0;
  milliseconds still_for_{0};     // since the last move
  milliseconds longest_move_{0};  // of those that came to an end
  milliseconds disobeys_for_{0};  // since the last move
};

}  // namespace

AbortWatch::AbortWatch(std::shared_ptr<StepControl> control,
                       std::shared_ptr<const ProgressMarker> progress, milliseconds patience)
    : watch_(Disobedience(std::move(control), std::move(progress), patience),
             "this rank stands still and does not end its job as it was told") {}

}  // namespace descent
