#include "worker/kernels/cpu/block.h"
#include "worker/kernels/cpu/cpu_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/embedding.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/elementwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

// sum[i] = x[i] + y[i]; `sum` may be either.
void AddRow(const float* x, const float* y, float* sum, std::size_t columns) {
  MapElements(
      columns, sum, [](FloatVector a, FloatVector b) HWY_ATTR { return hn::Add(a, b); }, x, y);
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(AddRow);

namespace {

// At least a cache line of columns, so that threads do not share one.
std::size_t ColumnsPerRun(std::size_t rows) {
  return std::max<std::size_t>(16, RowsPerRun(rows) / 16 * 16);
}

}  // namespace

PreparedStep PrepareEmbedding(const KernelRequest& request) {
  const auto rows = static_cast<std::size_t>(request.input(0).shape[0]);
  const auto vocabulary = static_cast<std::size_t>(request.input(1).shape[0]);
  const auto columns = static_cast<std::size_t>(request.input(1).shape[1]);
  return MakeStep([=, &pool = request.pool](const StepRun& run) {
    ForEachRun(pool, rows, RowsPerRun(columns), [&](std::size_t first, std::size_t count) {
      for (std::size_t row = first; row < first + count; ++row) {
        const auto token = static_cast<std::size_t>(run.labels(0)[row]);
        DESCENT_CHECK(token < vocabulary);  // datasets are checked when they are opened
        std::copy_n(run.input(1) + token * columns, columns, run.output(0) + row * columns);
      }
    });
  });
}

PreparedStep PrepareEmbeddingGradient(const KernelRequest& request) {
  const auto rows = static_cast<std::size_t>(request.input(1).shape[0]);
  const auto columns = static_cast<std::size_t>(request.input(1).shape[1]);
  const auto vocabulary = static_cast<std::size_t>(request.output(0).shape[0]);
  return MakeStep([=, mode = request.mode, &pool = request.pool](const StepRun& run) {
    // A thread owns columns of the whole table, because two rows may name one token.
    ForEachRun(pool, columns, ColumnsPerRun(rows), [&](std::size_t first, std::size_t count) {
      float* table = run.output(0) + first;
      for (std::size_t v = 0; mode == OutputMode::kWrite && v < vocabulary; ++v)
        std::fill_n(table + v * columns, count, 0.0f);
      for (std::size_t row = 0; row < rows; ++row) {
        const auto token = static_cast<std::size_t>(run.labels(0)[row]);
        DESCENT_CHECK(token < vocabulary);
        float* sum = table + token * columns;
        HWY_DYNAMIC_DISPATCH(AddRow)(sum, run.input(1) + row * columns + first, sum, count);
      }
    });
  });
}

PreparedStep PrepareAddPositions(const KernelRequest& request) {
  const auto rows = static_cast<std::size_t>(request.input(0).shape[0]);
  const auto columns = static_cast<std::size_t>(request.input(0).shape[1]);
  const auto tokens = static_cast<std::size_t>(request.input(1).shape[0]);
  return MakeStep([=, &pool = request.pool](const StepRun& run) {
    ForEachRun(pool, rows, RowsPerRun(columns), [&](std::size_t first, std::size_t count) {
      for (std::size_t row = first; row < first + count; ++row) {
        HWY_DYNAMIC_DISPATCH(AddRow)
        (run.input(0) + row * columns, run.input(1) + row % tokens * columns,
         run.output(0) + row * columns, columns);
      }
    });
  });
}

PreparedStep PreparePositionSum(const KernelRequest& request) {
  const auto rows = static_cast<std::size_t>(request.input(0).shape[0]);
  const auto columns = static_cast<std::size_t>(request.input(0).shape[1]);
  const auto tokens = static_cast<std::size_t>(request.output(0).shape[0]);
  return MakeStep([=, mode = request.mode, &pool = request.pool](const StepRun& run) {
    ForEachRun(pool, tokens, RowsPerRun(columns), [&](std::size_t first, std::size_t count) {
      for (std::size_t token = first; token < first + count; ++token) {
        float* sum = run.output(0) + token * columns;
        if (mode == OutputMode::kWrite) std::fill_n(sum, columns, 0.0f);
        for (std::size_t row = token; row < rows; row += tokens)
          HWY_DYNAMIC_DISPATCH(AddRow)(sum, run.input(0) + row * columns, sum, columns);
      }
    });
  });
}

}  // namespace descent::cpu
#endif
