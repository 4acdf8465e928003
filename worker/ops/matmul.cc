#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

// Rows and columns after the transpose.
struct Sizes {
  std::int64_t rows;
  std::int64_t columns;
};

Sizes SizesOf(const TensorType& operand, bool is_transposed) {
  const Shape& shape = operand.shape;
  return is_transposed ? Sizes{shape[1], shape[0]} : Sizes{shape[0], shape[1]};
}

Result<std::vector<TensorType>> Infer(TensorTypes inputs, const Attributes& attributes) {
  DESCENT_RETURN_IF_ERROR(ExpectOperands(inputs, 2));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[0], "a", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectType(inputs[1], "b", DataType::kFloat32));
  DESCENT_RETURN_IF_ERROR(ExpectAxes(inputs[0], "a", 2));
  DESCENT_RETURN_IF_ERROR(ExpectAxes(inputs[1], "b", 2));
  const Sizes a = SizesOf(inputs[0], attributes.Flag("transpose_a"));
  const Sizes b = SizesOf(inputs[1], attributes.Flag("transpose_b"));
  if (a.columns != b.rows) {
    return Status(Code::kInvalidArgument, "inner sizes differ: op(a) is " +
                                              ToString({a.rows, a.columns}) + ", op(b) is " +
                                              ToString({b.rows, b.columns}));
  }
  return std::vector{TensorType{DataType::kFloat32, {a.rows, b.columns}}};
}

// With C = A B:  dA = dC B^T  and  dB = A^T dC; a transposed operand has the transposed gradient.
// The gradient of b, which is the weight of a linear layer, comes first: it can be reduced over the
// ranks while that of a is computed.
std::vector<ValueId> Gradient(Graph& graph, const Node& node,
                              std::span<const ValueId> output_gradients) {
  const bool ta = node.attributes.Flag("transpose_a");
  const bool tb = node.attributes.Flag("transpose_b");
  const ValueId a = node.inputs[0];
  const ValueId b = node.inputs[1];
  const ValueId dc = output_gradients[0];
  const ValueId db = (tb ? MatMul(graph, dc, a, {.transpose_a = true, .transpose_b = ta})
                         : MatMul(graph, a, dc, {.transpose_a = !ta, .transpose_b = false}))
                         .value();
  const ValueId da = (ta ? MatMul(graph, b, dc, {.transpose_a = tb, .transpose_b = true})
                         : MatMul(graph, dc, b, {.transpose_a = false, .transpose_b = !tb}))
                         .value();
  return {da, db};
}

double Flops(TensorTypes inputs, TensorTypes outputs, const Attributes& attributes) {
  const Sizes a = SizesOf(inputs[0], attributes.Flag("transpose_a"));
  return 2.0 * static_cast<double>(ElementCount(outputs[0].shape) * a.columns);
}

OpSample Sample(SampleSource& source) {
  const std::int64_t m = source.Integer(1, 19);
  const std::int64_t n = source.Integer(1, 35);
  const std::int64_t k = source.Integer(1, 23);
  const std::int64_t ta = source.Integer(0, 1);
  const std::int64_t tb = source.Integer(0, 1);
  SampledTensor a = source.Reals(ta ? Shape{k, m} : Shape{m, k});
  SampledTensor b = source.Reals(tb ? Shape{n, k} : Shape{k, n});
  return {{std::move(a), std::move(b)}, {{"transpose_a", ta}, {"transpose_b", tb}}};
}

}  // namespace

const OpDef& MatMulOp() {
  static constexpr OpDef kOp = {
      .name = "matmul", .infer = Infer, .gradient = Gradient, .flops = Flops, .sample = Sample};
  return kOp;
}

Result<ValueId> MatMul(Graph& graph, ValueId a, ValueId b, MatMulOptions options) {
  return graph.Apply(MatMulOp(), {a, b},
                     {{"transpose_a", std::int64_t{options.transpose_a}},
                      {"transpose_b", std::int64_t{options.transpose_b}}});
}

}  // namespace descent
