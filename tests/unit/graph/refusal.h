#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "worker/graph/op_def.h"

namespace descent {

// What the op says about operands it must refuse.
inline std::string RefusalOf(const OpDef& op, const std::vector<TensorType>& inputs,
                             const Attributes& attributes = {}) {
  const Result<std::vector<TensorType>> types = op.infer(inputs, attributes);
  EXPECT_EQ(types.status().code(), Code::kInvalidArgument);
  return types.status().message();
}

inline TensorType Floats(Shape shape) { return {DataType::kFloat32, std::move(shape)}; }
inline TensorType Integers(Shape shape) { return {DataType::kInt32, std::move(shape)}; }

}  // namespace descent
