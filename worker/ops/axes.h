#pragma once

#include <cstdint>
#include <string_view>

#include "common/result.h"
#include "worker/graph/graph.h"

namespace descent {

// What the rules of ops that name axes share. Nodes name them from the first.

// A negative axis of x counted from the first instead; any other as it is.
std::int64_t FromFirst(const Graph& graph, ValueId x, std::int64_t axis);

// kInvalidArgument, naming the shape, unless the operand has that axis.
Status ExpectAxis(const TensorType& operand, std::string_view name, std::int64_t axis);

}  // namespace descent
