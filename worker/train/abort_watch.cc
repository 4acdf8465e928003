#include "worker/train/abort_watch.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace descent {
namespace {

using std::chrono::milliseconds;

// Asked every ExitWatch::kInterval.
class Disobedience {
 public:
  Disobedience(std::shared_ptr<StepControl> control, std::shared_ptr<const ProgressMarker> progress,
               milliseconds patience, milliseconds longest_patience)
      : control_(std::move(control)),
        progress_(std::move(progress)),
        patience_(patience),
        longest_patience_(longest_patience) {}

  bool operator()() {
    const bool is_on_disk = !control_->has_begun() || progress_->is_saving();
    const std::int64_t moves = progress_->moves();
    if (moves != moves_ || is_on_disk != is_on_disk_) {
      if (!is_on_disk_) longest_move_ = std::max(longest_move_, still_for_);
      still_for_ = disobeys_for_ = milliseconds(0);
      moves_ = moves;
      is_on_disk_ = is_on_disk;
    }
    still_for_ += ExitWatch::kInterval;
    if (control_->is_aborted()) disobeys_for_ += ExitWatch::kInterval;
    return disobeys_for_ >= Patience();
  }

 private:
  // A move may have been a wait for the coordinator, which says nothing of how long a step takes;
  // nor do steps say how long a disk does.
  milliseconds Patience() const {
    if (is_on_disk_) return longest_patience_;
    return std::max(patience_, std::min(3 * longest_move_, longest_patience_));
  }

  const std::shared_ptr<StepControl> control_;
  const std::shared_ptr<const ProgressMarker> progress_;
  const milliseconds patience_;
  const milliseconds longest_patience_;
  bool is_on_disk_ = true;  // it prepares, or waits for a checkpoint that is being written
  std::int64_t moves_ = 0;
  milliseconds still_for_{0};     // since the last move
  milliseconds longest_move_{0};  // of those that came to an end
  milliseconds disobeys_for_{0};  // since the last move
};

}  // namespace

AbortWatch::AbortWatch(std::shared_ptr<StepControl> control,
                       std::shared_ptr<const ProgressMarker> progress, milliseconds patience,
                       milliseconds longest_patience)
    : watch_(Disobedience(std::move(control), std::move(progress), patience, longest_patience),
             "this rank stands still and does not end its job as it was told") {}

}  // namespace descent
