#include "worker/ops/shape_rule.h"

#include <string>

namespace descent {
namespace {

Status Invalid(std::string message) { return Status(Code::kInvalidArgument, std::move(message)); }

std::string_view NameOf(DataType type) { return type == DataType::kFloat32 ? "f32" : "int32"; }

Shape OddShape(SampleSource& source) { return {source.Integer(1, 5), source.Integer(1, 67)}; }

}  // namespace

Status ExpectOperands(TensorTypes inputs, std::size_t count) {
  if (inputs.size() == count) return Status();
  return Invalid("found " + std::to_string(inputs.size()) + " operands, wanted " +
                 std::to_string(count));
}

Status ExpectType(const TensorType& operand, std::string_view name, DataType type) {
  if (operand.type == type) return Status();
  return Invalid(std::string(name) + " is " + std::string(NameOf(operand.type)) + ", wanted " +
                 std::string(NameOf(type)));
}

Status ExpectAxes(const TensorType& operand, std::string_view name, std::size_t axes) {
  if (operand.shape.size() == axes) return Status();
  return Invalid(std::string(name) + " is " + ToString(operand.shape) + ", wanted " +
                 std::to_string(axes) + " axes");
}

Status ExpectShape(const TensorType& operand, std::string_view name, const Shape& shape) {
  if (operand.shape == shape) return Status();
  return Invalid(std::string(name) + " is " + ToString(operand.shape) + ", wanted " +
                 ToString(shape));
}

Status ExpectChannels(const TensorType& operand, std::string_view name) {
  DESCENT_RETURN_IF_ERROR(ExpectType(operand, name, DataType::kFloat32));
  if (operand.shape.size() == 2 || operand.shape.size() == 4) return Status();
  return Invalid(std::string(name) + " is " + ToString(operand.shape) + ", wanted 2 or 4 axes");
}

Status ExpectProbability(double probability) {
  if (0 <= probability && probability < 1) return Status();
  return Invalid("probability is " + std::to_string(probability) + ", wanted [0, 1)");
}

Status ExpectSmoothing(double smoothing) {
  if (smoothing >= 0 && smoothing < 1) return Status();
  return Status(Code::kInvalidArgument,
                "smoothing is " + std::to_string(smoothing) + ", wanted at least 0 and below 1");
}

Result<std::vector<TensorType>> InferLikeOnly(TensorTypes inputs, const Attributes&) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 1));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "x", DataType::kFloat32));
  return std::vector{inputs[0]};
}

Result<std::vector<TensorType>> InferLikeBoth(TensorTypes inputs, const Attributes&) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 2));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "the first operand", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[1], "the second operand", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectShape(inputs[1], "the second operand", inputs[0].shape));
  return std::vector{inputs[0]};
}

OpSample SampleOne(SampleSource& source) {
  return {{source.RealsAwayFromZero(OddShape(source))}, {}};
}

OpSample SampleTwo(SampleSource& source) {
  const Shape shape = OddShape(source);
  SampledTensor first = source.RealsAwayFromZero(shape);
  SampledTensor second = source.RealsAwayFromZero(shape);
  return {{std::move(first), std::move(second)}, {}};
}

Shape SampleChannels(SampleSource& source) {
  Shape shape = {source.Integer(1, 5), source.Integer(1, 19)};
  if (source.Integer(0, 2) > 0) {
    shape.push_back(source.Integer(1, 5));
    shape.push_back(source.Integer(1, 9));
  }
  return shape;
}

}  // namespace descent
