#pragma once

#include <filesystem>
#include <span>

#include "common/status.h"
#include "worker/plan/parameter_layout.h"

namespace descent {

// Before memory is taken for the parameters that a description wants, which may be forged.
// kFailedPrecondition: the checkpoint's file has not so many bytes. Blocks.
Status CheckParametersFit(const std::filesystem::path& checkpoint, const ParameterLayout& layout);

// Fills `arena` [layout.element_count] with the parameters of a checkpoint (.../step-<n>), which
// must be those of the layout. Blocks.
//   kNotFound, kDataLoss  there is no such checkpoint, or it is not whole
//   kFailedPrecondition   it is of other parameters
Status LoadParameters(const std::filesystem::path& checkpoint, const ParameterLayout& layout,
                      std::span<float> arena);

}  // namespace descent
