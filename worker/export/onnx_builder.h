#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "worker/graph/types.h"

namespace descent {

using OnnxAttribute = std::pair<std::string_view, std::variant<std::int64_t, float, Shape>>;

// The size of the batch's axis in shapes that are declared.
inline constexpr std::int64_t kOnnxBatch = -1;

// Appends to an ONNX graph. Values are strings, as ONNX has them. One thread; the graph outlives
// it. Source of the operators: https://onnx.ai/onnx/operators, opset 17.
class OnnxBuilder {
 public:
  explicit OnnxBuilder(onnx::GraphProto& graph) : graph_(graph) {}

  void DeclareInput(const std::string& name, onnx::TensorProto::DataType type, const Shape& shape);
  void DeclareOutput(const std::string& name, const Shape& shape);  // f32

  // A node with one output, of a new name or of that one.
  std::string Add(std::string_view op, const std::vector<std::string>& inputs,
                  const std::vector<OnnxAttribute>& attributes = {});
  void AddAs(const std::string& output, std::string_view op, const std::vector<std::string>& inputs,
             const std::vector<OnnxAttribute>& attributes = {});

  // Pieces of these sizes along the axis.
  std::vector<std::string> Split(const std::string& x, std::int64_t axis, const Shape& sizes);

  // Constants. A name that there is already is that of the same constant.
  std::string Floats(const std::string& name, const Shape& shape, std::span<const float> values);
  std::string Scalar(float value);
  std::string Integers(const Shape& values);  // such as the new shape of a Reshape

 private:
  onnx::NodeProto& AddNode(std::string_view op, const std::vector<std::string>& inputs,
                           const std::vector<OnnxAttribute>& attributes);
  std::string NewName(std::string_view op);
  // Null where it is there already.
  onnx::TensorProto* NewConstant(const std::string& name, const Shape& shape,
                                 onnx::TensorProto::DataType type);

  onnx::GraphProto& graph_;
  std::set<std::string> constants_;
  int names_ = 0;
};

}  // namespace descent
