#pragma once

#include <cstdint>

namespace descent {

// What a rank was asked for between two steps. Ranks tell each other within a step, so that all do
// it after that step, whoever was asked.
struct StepRequests {
  bool stop = false;
  bool evaluate_test = false;  // of a stop: what is stopped with is the job's result
  // The number of the newest request to save the state and go on; 0: none. What was done for a
  // number is not done again for it, however late another rank hears of it.
  std::int64_t checkpoint = 0;
};

}  // namespace descent
