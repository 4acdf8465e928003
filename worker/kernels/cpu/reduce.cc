#include <algorithm>
#include <limits>

#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/cpu/strided_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/reduce.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

// The larger of two; NaN where one is NaN.
HWY_INLINE FloatVector LargerOrNan(FloatVector a, FloatVector b) {
  return hn::IfThenElse(hn::Or(hn::Gt(b, a), hn::IsNaN(b)), b, a);
}

float SumRow(const float* row, std::size_t size) { return hn::GetLane(SumOfRow(row, size)); }

float MaxRow(const float* row, std::size_t size) {
  const FloatTag tag;
  const float lowest = -std::numeric_limits<float>::infinity();
  FloatVector max = hn::Set(tag, lowest);
  for (std::size_t i = 0; i < size; i += hn::Lanes(tag))
    max = LargerOrNan(max, LoadPadded(row, i, size, lowest));
  if (!hn::AllFalse(tag, hn::IsNaN(max))) return std::numeric_limits<float>::quiet_NaN();
  return hn::GetLane(hn::MaxOfLanes(tag, max));
}

void AddColumns(const float* x, float* sums, std::size_t count) {
  const auto add = [](FloatVector sum, FloatVector v) HWY_ATTR { return hn::Add(sum, v); };
  MapElements(count, sums, add, sums, x);
}

void MaxColumns(const float* x, float* maxima, std::size_t count) {
  const auto larger = [](FloatVector max, FloatVector v) HWY_ATTR { return LargerOrNan(max, v); };
  MapElements(count, maxima, larger, maxima, x);
}

void DivideColumns(float divisor, float* x, std::size_t count) {
  const auto divide = [=](FloatVector v)
                          HWY_ATTR { return hn::Div(v, hn::Set(FloatTag(), divisor)); };
  MapElements(count, x, divide, x);
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(SumRow);
HWY_EXPORT(MaxRow);
HWY_EXPORT(AddColumns);
HWY_EXPORT(MaxColumns);
HWY_EXPORT(DivideColumns);

namespace {

// How two partial results become one, for a whole row and for each column of two rows.
struct Reduction {
  float start = 0;
  float divisor = 1;  // of the end result
  float (*row)(const float* row, std::size_t size) = nullptr;
  void (*columns)(const float* x, float* results, std::size_t count) = nullptr;
};

Reduction SumOf(float divisor) {
  return {0, divisor, HWY_DYNAMIC_DISPATCH(SumRow), HWY_DYNAMIC_DISPATCH(AddColumns)};
}

// Where the elements that become one lie. Axes that are kept, and those that are not, alternate;
// whichever comes last lies densely.
struct ReductionPlan {
  ReductionPlan(const Shape& shape, const Shape& axes) {
    Shape kept_shape, reduced_shape;
    Strides kept_strides, reduced_strides;
    const Strides strides = DenseStrides(shape);
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (shape[i] == 1) continue;
      const bool is_kept = std::ranges::find(axes, static_cast<std::int64_t>(i)) == axes.end();
      (is_kept ? kept_shape : reduced_shape).push_back(shape[i]);
      (is_kept ? kept_strides : reduced_strides).push_back(strides[i]);
    }
    kept = StridedRows(kept_shape, {&kept_strides, 1});
    reduced = StridedRows(reduced_shape, {&reduced_strides, 1});
    ends_in_kept = !kept_strides.empty() && kept_strides.back() == 1;
  }

  StridedRows kept{{}, {}};     // the results
  StridedRows reduced{{}, {}};  // what each is made of
  bool ends_in_kept = false;
};

// Results whose elements lie in dense rows: each row becomes one number, the numbers one in order.
PreparedStep PrepareRowReduction(const KernelRequest& request, const Reduction& reduction,
                                 const ReductionPlan& plan) {
  const std::size_t elements = plan.reduced.rows() * plan.reduced.columns();
  return MakeStep([=, mode = request.mode, &pool = request.pool](const StepRun& run) {
    const std::size_t results = plan.kept.rows() * plan.kept.columns();
    ForEachRun(pool, results, RowsPerRun(elements), [&](std::size_t first, std::size_t count) {
      for (std::size_t i = first; i < first + count; ++i) {
        const float* x = run.input(0) + plan.kept.OffsetsOf(i / plan.kept.columns())[0] +
                         i % plan.kept.columns() * plan.kept.column_strides()[0];
        float result = reduction.start;
        for (std::size_t row = 0; row < plan.reduced.rows(); ++row) {
          const float next =
              reduction.row(x + plan.reduced.OffsetsOf(row)[0], plan.reduced.columns());
          reduction.columns(&next, &result, 1);
        }
        result /= reduction.divisor;
        run.output(0)[i] = mode == OutputMode::kAccumulate ? run.output(0)[i] + result : result;
      }
    });
  });
}

// Dense rows of results: the rows that they are made of are added, or compared, in order. Where it
// accumulates, to what is there.
PreparedStep PrepareColumnReduction(const KernelRequest& request, const Reduction& reduction,
                                    const ReductionPlan& plan) {
  const std::size_t terms = plan.reduced.rows() * plan.reduced.columns();
  // At least a cache line of columns, so that threads do not share one.
  const std::size_t columns = plan.kept.columns();
  const std::size_t run_columns =
      std::min(columns, std::max<std::size_t>(16, RowsPerRun(terms) / 16 * 16));
  const std::size_t runs_per_row = (columns + run_columns - 1) / run_columns;
  return MakeStep([=, mode = request.mode, &pool = request.pool](const StepRun& run) {
    const auto reduce = [&](std::size_t i) {
      const std::size_t row = i / runs_per_row, column = i % runs_per_row * run_columns;
      const std::size_t count = std::min(run_columns, columns - column);
      const float* x = run.input(0) + plan.kept.OffsetsOf(row)[0] + column;
      float* results = run.output(0) + row * columns + column;
      if (mode == OutputMode::kWrite) std::fill_n(results, count, reduction.start);
      for (std::size_t term = 0; term < terms; ++term) {
        const std::size_t offset = plan.reduced.OffsetsOf(term / plan.reduced.columns())[0] +
                                   term % plan.reduced.columns() * plan.reduced.column_strides()[0];
        reduction.columns(x + offset, results, count);
      }
      if (reduction.divisor != 1)
        HWY_DYNAMIC_DISPATCH(DivideColumns)(reduction.divisor, results, count);
    };
    ForEachRun(pool, plan.kept.rows() * runs_per_row, RowsPerRun(run_columns * terms),
               [&](std::size_t first, std::size_t count) {
                 for (std::size_t i = first; i < first + count; ++i) reduce(i);
               });
  });
}

PreparedStep PrepareReduction(const KernelRequest& request, const Reduction& reduction) {
  const ReductionPlan plan(request.input(0).shape, request.node.attributes.Integers("axes"));
  if (plan.ends_in_kept) return PrepareColumnReduction(request, reduction, plan);
  return PrepareRowReduction(request, reduction, plan);
}

}  // namespace

PreparedStep PrepareReduceSum(const KernelRequest& request) {
  return PrepareReduction(request, SumOf(1));
}

PreparedStep PrepareReduceMean(const KernelRequest& request) {
  const std::int64_t elements = ElementCount(request.input(0).shape);
  const std::int64_t count = elements / ElementCount(request.output(0).shape);
  return PrepareReduction(request, SumOf(static_cast<float>(count)));
}

PreparedStep PrepareReduceMax(const KernelRequest& request) {
  return PrepareReduction(request,
                          {-std::numeric_limits<float>::infinity(), 1, HWY_DYNAMIC_DISPATCH(MaxRow),
                           HWY_DYNAMIC_DISPATCH(MaxColumns)});
}

}  // namespace descent::cpu
#endif
