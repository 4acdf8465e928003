#include "worker/export/onnx_builder.h"

#include <spdlog/fmt/fmt.h>

#include <array>

namespace descent {
namespace {

constexpr const char* kBatchName = "batch";

void Declare(onnx::ValueInfoProto& value, const std::string& name, onnx::TensorProto::DataType type,
             const Shape& shape) {
  value.set_name(name);
  onnx::TypeProto::Tensor& tensor = *value.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  for (const std::int64_t size : shape) {
    onnx::TensorShapeProto::Dimension& axis = *tensor.mutable_shape()->add_dim();
    if (size == kOnnxBatch) {
      axis.set_dim_param(kBatchName);
    } else {
      axis.set_dim_value(size);
    }
  }
}

void Set(onnx::AttributeProto& attribute, std::int64_t value) {
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
}

void Set(onnx::AttributeProto& attribute, float value) {
  attribute.set_type(onnx::AttributeProto::FLOAT);
  attribute.set_f(value);
}

void Set(onnx::AttributeProto& attribute, const Shape& values) {
  attribute.set_type(onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute.add_ints(value);
}

template <typename T>
void SetBytes(onnx::TensorProto& tensor, std::span<const T> values) {
  tensor.set_raw_data(values.data(), values.size_bytes());
}

}  // namespace

void OnnxBuilder::DeclareInput(const std::string& name, onnx::TensorProto::DataType type,
                               const Shape& shape) {
  Declare(*graph_.add_input(), name, type, shape);
}

void OnnxBuilder::DeclareOutput(const std::string& name, const Shape& shape) {
  Declare(*graph_.add_output(), name, onnx::TensorProto::FLOAT, shape);
}

std::string OnnxBuilder::Add(std::string_view op, const std::vector<std::string>& inputs,
                             const std::vector<OnnxAttribute>& attributes) {
  std::string output = NewName(op);
  AddAs(output, op, inputs, attributes);
  return output;
}

void OnnxBuilder::AddAs(const std::string& output, std::string_view op,
                        const std::vector<std::string>& inputs,
                        const std::vector<OnnxAttribute>& attributes) {
  AddNode(op, inputs, attributes).add_output(output);
}

std::vector<std::string> OnnxBuilder::Split(const std::string& x, std::int64_t axis,
                                            const Shape& sizes) {
  const std::string lengths = Integers(sizes);
  onnx::NodeProto& node = AddNode("Split", {x, lengths}, {{"axis", axis}});
  std::vector<std::string> pieces;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    pieces.push_back(NewName("Split"));
    node.add_output(pieces.back());
  }
  return pieces;
}

std::string OnnxBuilder::Floats(const std::string& name, const Shape& shape,
                                std::span<const float> values) {
  if (onnx::TensorProto* const tensor = NewConstant(name, shape, onnx::TensorProto::FLOAT))
    SetBytes(*tensor, values);
  return name;
}

std::string OnnxBuilder::Scalar(float value) {
  return Floats(fmt::format("scalar_{}", value), {}, std::array{value});
}

std::string OnnxBuilder::Integers(const Shape& values) {
  std::string name = fmt::format("integers_{}", fmt::join(values, "_"));
  const Shape shape = {static_cast<std::int64_t>(values.size())};
  if (onnx::TensorProto* const tensor = NewConstant(name, shape, onnx::TensorProto::INT64))
    SetBytes(*tensor, std::span<const std::int64_t>(values));
  return name;
}

onnx::NodeProto& OnnxBuilder::AddNode(std::string_view op, const std::vector<std::string>& inputs,
                                      const std::vector<OnnxAttribute>& attributes) {
  onnx::NodeProto& node = *graph_.add_node();
  node.set_name(fmt::format("node_{}", graph_.node_size()));
  node.set_op_type(std::string(op));
  for (const std::string& input : inputs) node.add_input(input);
  for (const auto& [name, value] : attributes) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(std::string(name));
    std::visit([&](const auto& of_type) { Set(attribute, of_type); }, value);
  }
  return node;
}

std::string OnnxBuilder::NewName(std::string_view op) { return fmt::format("{}_{}", op, ++names_); }

onnx::TensorProto* OnnxBuilder::NewConstant(const std::string& name, const Shape& shape,
                                            onnx::TensorProto::DataType type) {
  if (!constants_.insert(name).second) return nullptr;
  onnx::TensorProto* const tensor = graph_.add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(type);
  for (const std::int64_t size : shape) tensor->add_dims(size);
  return tensor;
}

}  // namespace descent
