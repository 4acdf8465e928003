#include "worker/train/forming_watch.h"

#include <utility>

namespace descent {

FormingWatch::FormingWatch(std::shared_ptr<StepControl> control, std::chrono::milliseconds patience)
    : watch_(
          [control = std::move(control), patience,
           void_for = std::chrono::milliseconds(0)]() mutable {
            if (control->is_aborted()) void_for += ExitWatch::kInterval;
            return void_for >= patience;
          },
          "peers did not come to form the group") {}

}  // namespace descent
