#include <utility>

#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/cpu/product.h"

namespace descent::cpu {
namespace {

MatrixStrides StridesOf(const Shape& shape, bool is_transposed) {
  return is_transposed ? MatrixStrides{1, shape[1]} : MatrixStrides{shape[1], 1};
}

ProductShape ShapeOf(const KernelRequest& request) {
  const bool transposes_a = request.node.attributes.Flag("transpose_a");
  const bool transposes_b = request.node.attributes.Flag("transpose_b");
  const Shape& a = request.input(0).shape;
  const Shape& c = request.output(0).shape;
  DESCENT_CHECK(request.input(0).type == request.input(1).type);
  return {.rows = c[0],
          .inner = a[transposes_a ? 0 : 1],
          .columns = c[1],
          .a = StridesOf(a, transposes_a),
          .b = StridesOf(request.input(1).shape, transposes_b),
          .c_stride = c[1],
          .accumulates = request.mode == OutputMode::kAccumulate,
          .operands = request.input(0).type,
          .result = request.output(0).type};
}

}  // namespace

PreparedStep PrepareMatMul(const KernelRequest& request) {
  DESCENT_ASSIGN(std::unique_ptr<Product> product, Product::Create(ShapeOf(request), request.pool));
  return MakeStep([product = std::move(product)](const StepRun& run) {
    product->Run(run.inputs[0], run.inputs[1], run.outputs[0]);
  });
}

}  // namespace descent::cpu
