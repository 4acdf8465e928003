#include "worker/kernels/cpu/row_block.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/row_block.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <hwy/cache_control.h>

#include "worker/kernels/cpu/elementwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

// So many sums fit the registers, beside the vectors of b and a factor of a.
constexpr std::size_t kRows = HWY_TARGET <= HWY_AVX3 ? kBlockRowsMax : kBlockRowsMax / 2;
constexpr std::size_t kVectors = 2;

// How far ahead of the loop b is asked for: its rows may lie a page apart, where the processor does
// not see where it goes.
constexpr std::size_t kStepsAhead = 8;

// The columns of a panel that there are; others are neither read nor written.
struct WholePanel {
  HWY_INLINE FloatVector Load(const float* from, std::size_t vector) const {
    return hn::LoadU(FloatTag(), from + vector * hn::Lanes(FloatTag()));
  }
  HWY_INLINE void Store(FloatVector value, float* to, std::size_t vector) const {
    hn::StoreU(value, FloatTag(), to + vector * hn::Lanes(FloatTag()));
  }
};

struct PartialPanel {
  std::size_t columns;

  HWY_INLINE std::size_t CountOf(std::size_t vector) const {
    const std::size_t lanes = hn::Lanes(FloatTag());
    return columns > vector * lanes ? std::min(columns - vector * lanes, lanes) : 0;
  }
#if HWY_TARGET <= HWY_AVX2
  HWY_INLINE FloatVector Load(const float* from, std::size_t vector) const {
    const FloatTag tag;
    return hn::MaskedLoad(hn::FirstN(tag, CountOf(vector)), tag, from + vector * hn::Lanes(tag));
  }
  HWY_INLINE void Store(FloatVector value, float* to, std::size_t vector) const {
    const FloatTag tag;
    hn::BlendedStore(value, hn::FirstN(tag, CountOf(vector)), tag, to + vector * hn::Lanes(tag));
  }
#else  // a masked load would read the whole vector
  HWY_INLINE FloatVector Load(const float* from, std::size_t vector) const {
    HWY_ALIGN float padded[HWY_LANES(float)] = {};
    std::memcpy(padded, from + vector * hn::Lanes(FloatTag()), CountOf(vector) * sizeof(float));
    return hn::Load(FloatTag(), padded);
  }
  HWY_INLINE void Store(FloatVector value, float* to, std::size_t vector) const {
    HWY_ALIGN float padded[HWY_LANES(float)];
    hn::Store(value, FloatTag(), padded);
    std::memcpy(to + vector * hn::Lanes(FloatTag()), padded, CountOf(vector) * sizeof(float));
  }
#endif
};

// Rows [row, row + count) and the panel of columns from `column` on. `kHasAdjacentRows`: a_row
// is 1.
template <std::size_t count, bool kHasAdjacentRows, typename Panel>
HWY_INLINE void MultiplyRows(const BlockProduct& product, Panel panel, std::size_t row,
                             std::size_t column) {
  const FloatTag tag;
  const std::size_t a_row = kHasAdjacentRows ? 1 : product.a_row;
  const std::size_t a_step = kHasAdjacentRows ? product.a_step : 1;
  const float* a = product.a + row * a_row;
  const float* b = product.b + column;
  FloatVector sums[count][kVectors];
  for (auto& sum : sums) sum[0] = sum[1] = hn::Zero(tag);
  for (std::size_t step = 0; step < product.steps; ++step, a += a_step, b += product.b_step) {
    const FloatVector b0 = panel.Load(b, 0), b1 = panel.Load(b, 1);
    hwy::Prefetch(b + kStepsAhead * product.b_step);
    hwy::Prefetch(b + kStepsAhead * product.b_step + hn::Lanes(tag));
    for (std::size_t r = 0; r < count; ++r) {
      const FloatVector factor = hn::Set(tag, a[r * a_row]);
      sums[r][0] = hn::MulAdd(factor, b0, sums[r][0]);
      sums[r][1] = hn::MulAdd(factor, b1, sums[r][1]);
    }
  }
  for (std::size_t r = 0; r < count; ++r) {
    float* const c = product.c + (row + r) * product.c_row + column;
    for (std::size_t vector = 0; vector < kVectors; ++vector) {
      FloatVector sum = sums[r][vector];
      if (product.accumulates) sum = hn::Add(panel.Load(c, vector), sum);
      panel.Store(sum, c, vector);
    }
  }
}

template <bool kHasAdjacentRows, typename Panel>
HWY_INLINE void MultiplyPanel(const BlockProduct& product, Panel panel, std::size_t column) {
  std::size_t row = 0;
  for (; row + kRows <= product.rows; row += kRows)
    MultiplyRows<kRows, kHasAdjacentRows>(product, panel, row, column);
  const std::size_t left = product.rows - row;
  if (kRows > 4 && left & 4) {
    MultiplyRows<4, kHasAdjacentRows>(product, panel, row, column);
    row += 4;
  }
  if (left & 2) {
    MultiplyRows<2, kHasAdjacentRows>(product, panel, row, column);
    row += 2;
  }
  if (left & 1) MultiplyRows<1, kHasAdjacentRows>(product, panel, row, column);
}

template <bool kHasAdjacentRows>
HWY_INLINE void MultiplyPanels(const BlockProduct& product) {
  const std::size_t width = kVectors * hn::Lanes(FloatTag());
  std::size_t column = 0;
  for (; column + width <= product.columns; column += width)
    MultiplyPanel<kHasAdjacentRows>(product, WholePanel(), column);
  if (column < product.columns)
    MultiplyPanel<kHasAdjacentRows>(product, PartialPanel{product.columns - column}, column);
}

void Multiply(const BlockProduct& product) {
  if (product.a_step == 1) {
    MultiplyPanels</*kHasAdjacentRows=*/false>(product);
  } else {
    MultiplyPanels</*kHasAdjacentRows=*/true>(product);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(Multiply);

void MultiplyBlock(const BlockProduct& product) { HWY_DYNAMIC_DISPATCH(Multiply)(product); }

}  // namespace descent::cpu
#endif
