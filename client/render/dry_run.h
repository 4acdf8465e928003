#pragma once

#include <string>

#include "client/api/types.h"

namespace descent {

// What a valid spec would do, before anything is created: the batch arithmetic, as far as it is
// known without the data, and whether the ranks are there.
std::string DryRunText(const JobSpec& spec, const ClusterView& cluster);

}  // namespace descent
