#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "client/api/types.h"

namespace descent {

// How a batch is made up, and how many steps there are, as far as that is known.
std::string BatchText(const JobSpec& spec, std::optional<std::int64_t> train_samples);

// What a valid spec would do, before anything is created: the batch arithmetic, as far as it is
// known without the data, and whether the ranks are there.
std::string DryRunText(const JobSpec& spec, const ClusterView& cluster);

}  // namespace descent
