#pragma once

#include <cstdint>
#include <string>

#include "worker/generate/token_sampler.h"

namespace descent {

struct GenerateOptions {
  std::string checkpoint;  // its directory
  std::string prompt;
  std::int64_t tokens = 200;
  SamplingOptions sampling;
  int threads = 0;  // 0: as many as this process may use
};

// `descent-worker --generate CHECKPOINT`: prints the prompt and its continuation, as UTF-8 and as
// it is produced, and a line's end. Returns the exit status: 0; 2 if the prompt is not one for this
// model; 1 after any other error. Errors go to stderr.
int Generate(const GenerateOptions& options);

}  // namespace descent
