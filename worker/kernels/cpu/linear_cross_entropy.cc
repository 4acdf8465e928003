#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "common/sample_format.h"
#include "worker/kernels/cpu/bfloat16_run.h"
#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/cpu/cross_entropy.h"
#include "worker/kernels/cpu/product.h"

namespace descent::cpu {
namespace {

constexpr std::int64_t kLineElements = 16;  // of 64 bytes

struct HeadShape {
  explicit HeadShape(const KernelRequest& request)
      : rows(request.input(0).shape[0]),
        width(request.input(0).shape[1]),
        classes(request.input(1).shape[0]),
        chunk_rows(request.output(4).shape[0]),
        type(request.input(0).type),
        smoothing(static_cast<float>(request.node.attributes.Real("smoothing"))) {}

  std::int64_t rows, width, classes, chunk_rows;
  DataType type;  // of x, the weight, dx and logits; what is added up is f32
  float smoothing;
};

// The three products of a chunk.
struct ChunkProducts {
  // Of so many rows; `accumulates`: to the gradient of the weight is added.
  static Result<ChunkProducts> Create(const HeadShape& shape, std::int64_t rows, bool accumulates,
                                      ThreadPool& pool) {
    const MatrixStrides x = {shape.width, 1}, weight = {shape.width, 1};
    const MatrixStrides weight_transposed = {1, shape.width};
    const MatrixStrides logits = {shape.classes, 1}, logits_transposed = {1, shape.classes};
    ChunkProducts products;
    DESCENT_ASSIGN(products.logits, Product::Create({.rows = rows,
                                                     .inner = shape.width,
                                                     .columns = shape.classes,
                                                     .a = x,
                                                     .b = weight_transposed,
                                                     .c_stride = shape.classes,
                                                     .operands = shape.type,
                                                     .result = shape.type},
                                                    pool));
    DESCENT_ASSIGN(products.weight_gradient, Product::Create({.rows = shape.classes,
                                                              .inner = rows,
                                                              .columns = shape.width,
                                                              .a = logits_transposed,
                                                              .b = x,
                                                              .c_stride = shape.width,
                                                              .accumulates = accumulates,
                                                              .operands = shape.type},
                                                             pool));
    DESCENT_ASSIGN(products.input_gradient, Product::Create({.rows = rows,
                                                             .inner = shape.classes,
                                                             .columns = shape.width,
                                                             .a = logits,
                                                             .b = weight,
                                                             .c_stride = shape.width,
                                                             .operands = shape.type,
                                                             .result = shape.type},
                                                            pool));
    return products;
  }

  std::unique_ptr<Product> logits, weight_gradient, input_gradient;
};

class LinearCrossEntropyStep final : public Step {
 public:
  static PreparedStep Create(const KernelRequest& request) {
    const HeadShape shape(request);
    // The first chunk takes what the others leave.
    const std::int64_t first_rows =
        shape.rows - (shape.rows - 1) / shape.chunk_rows * shape.chunk_rows;
    const bool accumulates = request.mode == OutputMode::kAccumulate;
    auto step = std::unique_ptr<LinearCrossEntropyStep>(
        new LinearCrossEntropyStep(shape, first_rows, request.pool));
    DESCENT_ASSIGN(step->first_,
                   ChunkProducts::Create(shape, first_rows, accumulates, request.pool));
    DESCENT_ASSIGN(step->later_, ChunkProducts::Create(shape, shape.chunk_rows,
                                                       /*accumulates=*/true, request.pool));
    return std::unique_ptr<Step>(std::move(step));
  }

  void Run(const StepRun& run) override {
    RunChunk(run, 0, first_rows_, first_);
    for (std::int64_t row = first_rows_; row < shape_.rows; row += shape_.chunk_rows)
      RunChunk(run, row, shape_.chunk_rows, later_);
  }

 private:
  LinearCrossEntropyStep(const HeadShape& shape, std::int64_t first_rows, ThreadPool& pool)
      : shape_(shape), first_rows_(first_rows), pool_(pool) {
    if (shape.type == DataType::kBFloat16)
      pool.scratch().Reserve(WideRowSize(shape) * pool.thread_count());
  }

  void RunChunk(const StepRun& run, std::int64_t first, std::int64_t rows,
                const ChunkProducts& products) {
    const std::int64_t row_bytes = shape_.width * ElementBytes(shape_.type);
    const void* x = static_cast<const std::byte*>(run.inputs[0]) + first * row_bytes;
    void* dx = static_cast<std::byte*>(run.outputs[1]) + first * row_bytes;
    products.logits->Run(x, run.inputs[1], run.outputs[4]);
    const auto classes = static_cast<std::size_t>(shape_.classes);
    ForEachRunOfThread(pool_, static_cast<std::size_t>(rows), RowsPerRun(classes),
                       [&](std::size_t begin, std::size_t count, int thread) {
                         for (std::size_t i = begin; i < begin + count; ++i)
                           DifferentiateRow(run, static_cast<std::size_t>(first) + i, i, thread);
                       });
    products.weight_gradient->Run(run.outputs[4], x, run.outputs[0]);
    products.input_gradient->Run(run.outputs[4], run.inputs[1], dx);
  }

  // Row `i` of the chunk, row `row` of all; as f32 in the thread's memory where it is in bf16.
  void DifferentiateRow(const StepRun& run, std::size_t row, std::size_t i, int thread) const {
    const auto classes = static_cast<std::size_t>(shape_.classes);
    if (shape_.type == DataType::kFloat32) {
      RunRow(run, row, run.output(4) + i * classes);
      return;
    }
    auto* const narrow = static_cast<std::uint16_t*>(run.outputs[4]) + i * classes;
    float* const wide = pool_.scratch().data() + thread * WideRowSize(shape_);
    WidenRun(narrow, classes, wide);
    RunRow(run, row, wide);
    RoundRun(wide, classes, narrow);
  }

  static std::int64_t WideRowSize(const HeadShape& shape) {
    return (shape.classes + kLineElements - 1) / kLineElements * kLineElements;
  }

  // Logits become their gradients, while the row is in the cache.
  void RunRow(const StepRun& run, std::size_t row, float* logits) const {
    const auto classes = static_cast<std::size_t>(shape_.classes);
    if (run.labels(2)[row] == kIgnoredLabel) {
      std::fill_n(logits, classes, 0.0f);
      run.output(2)[row] = run.output(3)[row] = 0;
      return;
    }
    const auto label = static_cast<std::size_t>(run.labels(2)[row]);
    DESCENT_CHECK(label < classes);  // datasets are checked when they are opened
    const CrossEntropyRow logits_row = {logits, classes, label, shape_.smoothing};
    const float log_sum = LogSumOf(logits_row);
    run.output(2)[row] = LossOf(logits_row, log_sum);
    run.output(3)[row] = IsTopOne(logits_row) ? 1.0f : 0.0f;
    WriteGradient(logits_row, log_sum, run.input(3)[row], logits);
  }

  const HeadShape shape_;
  const std::int64_t first_rows_;
  ThreadPool& pool_;
  ChunkProducts first_, later_;
};

}  // namespace

PreparedStep PrepareLinearCrossEntropy(const KernelRequest& request) {
  return LinearCrossEntropyStep::Create(request);
}

}  // namespace descent::cpu
