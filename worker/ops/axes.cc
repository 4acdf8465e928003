#include "worker/ops/axes.h"

#include <string>

namespace descent {

std::int64_t FromFirst(const Graph& graph, ValueId x, std::int64_t axis) {
  const auto axes = static_cast<std::int64_t>(graph.value(x).type.shape.size());
  return axis < 0 ? axis + axes : axis;
}

Status ExpectAxis(const TensorType& operand, std::string_view name, std::int64_t axis) {
  if (0 <= axis && axis < static_cast<std::int64_t>(operand.shape.size())) return Status();
  return Status(Code::kInvalidArgument, std::string(name) + " is " + ToString(operand.shape) +
                                            ", which has no axis " + std::to_string(axis));
}

}  // namespace descent
