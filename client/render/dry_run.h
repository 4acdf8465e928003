#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "client/api/types.h"

namespace descent {

// How a batch is made up, and how many steps there are, as far as that is known.
std::string BatchText(const JobSpec& spec, std::optional<std::int64_t> train_samples);

// What a job would do that was not created: the batch arithmetic, as far as it is known without the
// data, and whether the workers are there.
std::string DryRunText(const JobView& job);

}  // namespace descent
