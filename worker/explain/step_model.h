#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace descent {

// A step as what its buckets wait for. Times are seconds from the beginning of the step.
struct StepModel {
  struct Bucket {
    std::int64_t elements = 0;
    double ready = 0;  // its gradients are complete, not before those of the bucket before it
  };

  std::vector<Bucket> buckets;  // in the order in which they are reduced
  double computed = 0;          // forward and backward passes and own sums are done
  double update = 0;            // takes that long, after all sums
};

// What a bucket of so many elements takes.
using CallSeconds = std::function<double(std::int64_t elements)>;

struct StepTimeline {
  double computed = 0;
  double reducing = 0;  // all reductions together
  double exposed = 0;   // of that, what is not hidden behind the computation
  double exchange = 0;  // records and parameters, after the reductions
  double update = 0;

  double Total() const { return computed + exposed + exchange + update; }
};

// One bucket is reduced after the other, each as soon as it is ready; the update begins once all
// sums and records are there. `exchange` is what follows the reductions.
StepTimeline TimelineOf(const StepModel& step, const CallSeconds& reduce, double exchange);

}  // namespace descent
