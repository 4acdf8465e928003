#include "worker/kernels/cpu/winograd_transform.h"

#include <algorithm>
#include <array>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/winograd_transform.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/elementwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

using IndexTag = hn::RebindToSigned<FloatTag>;

// Elements 0, 2, 4, ... and 1, 3, 5, ...
struct Pairs {
  FloatVector even, odd;
};

HWY_INLINE Pairs LoadPairs(const float* from) {
  const FloatTag tag;
#if HWY_TARGET == HWY_SCALAR
  return {hn::LoadU(tag, from), hn::LoadU(tag, from + 1)};
#else
  const FloatVector low = hn::LoadU(tag, from);
  const FloatVector high = hn::LoadU(tag, from + hn::Lanes(tag));
  return {hn::ConcatEven(tag, high, low), hn::ConcatOdd(tag, high, low)};
#endif
}

// Four values of each tile of a vector of tiles.
struct Four {
  FloatVector v0, v1, v2, v3;
};

HWY_INLINE Four TimesB(const Four& d) {
  return {hn::Sub(d.v0, d.v2), hn::Add(d.v1, d.v2), hn::Sub(d.v2, d.v1), hn::Sub(d.v1, d.v3)};
}

HWY_INLINE Pairs TimesA(const Four& m) {
  return {hn::Add(hn::Add(m.v0, m.v1), m.v2), hn::Sub(hn::Sub(m.v1, m.v2), m.v3)};
}

HWY_INLINE Four TimesTransposedA(const Pairs& d) {
  return {d.even, hn::Add(d.even, d.odd), hn::Sub(d.even, d.odd), hn::Neg(d.odd)};
}

HWY_INLINE Four LoadFour(const float* from, std::int64_t stride) {
  const FloatTag tag;
  return {hn::LoadU(tag, from), hn::LoadU(tag, from + stride), hn::LoadU(tag, from + 2 * stride),
          hn::LoadU(tag, from + 3 * stride)};
}

HWY_INLINE void StoreFour(const Four& values, float* to, std::int64_t stride) {
  const FloatTag tag;
  hn::StoreU(values.v0, tag, to);
  hn::StoreU(values.v1, tag, to + stride);
  hn::StoreU(values.v2, tag, to + 2 * stride);
  hn::StoreU(values.v3, tag, to + 3 * stride);
}

// The rows that `count` rows of tiles read from `first_row` of the plane on, with zeros around.
void EnterRows(const TiledPlane& plane, std::int64_t first_row, std::int64_t count, const float* x,
               float* scratch) {
  for (std::int64_t i = 0; i < 2 * count + 2; ++i) {
    const std::int64_t row = first_row + i;
    float* const to = scratch + i * plane.ScratchStride() + plane.padding;
    if (0 <= row && row < plane.rows) {
      std::copy_n(x + row * plane.columns, plane.columns, to);
    } else {
      std::fill_n(to, plane.columns, 0.0f);
    }
  }
}

// Columns of tiles in vectors, the last one first: what a vector writes behind the end of its row
// of tiles is written again by the first vector of the next row.
template <typename Body>
HWY_INLINE void ForEachVector(const TiledPlane& plane, const Body& body) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(FloatTag()));
  for (std::int64_t column = (plane.tile_columns - 1) / lanes * lanes; column >= 0; column -= lanes)
    body(column);
}

HWY_INLINE Four RowOfPatches(const float* row) {
  const Pairs first = LoadPairs(row), second = LoadPairs(row + 2);
  return TimesB({first.even, first.odd, second.even, second.odd});
}

HWY_INLINE void StorePatches(const Four& r0, const Four& r1, const Four& r2, const Four& r3,
                             const TilePoints<float>& points, std::int64_t tile) {
  float* const to = points.first + tile;
  const std::int64_t stride = 4 * points.stride;
  StoreFour(TimesB({r0.v0, r1.v0, r2.v0, r3.v0}), to, stride);
  StoreFour(TimesB({r0.v1, r1.v1, r2.v1, r3.v1}), to + points.stride, stride);
  StoreFour(TimesB({r0.v2, r1.v2, r2.v2, r3.v2}), to + 2 * points.stride, stride);
  StoreFour(TimesB({r0.v3, r1.v3, r2.v3, r3.v3}), to + 3 * points.stride, stride);
}

void Patches(const TiledPlane& plane, IndexRange tile_rows, const float* x, float* scratch,
             TilePoints<float> points) {
  const std::int64_t count = tile_rows.size(), stride = plane.ScratchStride();
  EnterRows(plane, 2 * tile_rows.first - plane.padding, count, x, scratch);
  ForEachVector(plane, [&](std::int64_t column) HWY_ATTR {
    const float* const from = scratch + 2 * column;
    Four above = RowOfPatches(from), here = RowOfPatches(from + stride);
    for (std::int64_t i = 0; i < count; ++i) {
      const Four below = RowOfPatches(from + (2 * i + 2) * stride);
      const Four last = RowOfPatches(from + (2 * i + 3) * stride);
      StorePatches(above, here, below, last, points, i * plane.tile_columns + column);
      above = below;
      here = last;
    }
  });
}

void Gradients(const TiledPlane& plane, IndexRange tile_rows, const float* dy, float* scratch,
               TilePoints<float> points) {
  const std::int64_t count = tile_rows.size(), stride = plane.ScratchStride();
  EnterRows(plane, 2 * tile_rows.first, count, dy, scratch);
  ForEachVector(plane, [&](std::int64_t column) HWY_ATTR {
    for (std::int64_t i = 0; i < count; ++i) {
      const float* const from = scratch + 2 * i * stride + 2 * column;
      const Four upper = TimesTransposedA(LoadPairs(from));
      const Four lower = TimesTransposedA(LoadPairs(from + stride));
      float* const to = points.first + i * plane.tile_columns + column;
      const std::int64_t step = 4 * points.stride;
      StoreFour(TimesTransposedA({upper.v0, lower.v0}), to, step);
      StoreFour(TimesTransposedA({upper.v1, lower.v1}), to + points.stride, step);
      StoreFour(TimesTransposedA({upper.v2, lower.v2}), to + 2 * points.stride, step);
      StoreFour(TimesTransposedA({upper.v3, lower.v3}), to + 3 * points.stride, step);
    }
  });
}

void Products(const TiledPlane& plane, IndexRange tile_rows, TilePoints<const float> points,
              float bias, float* scratch, float* y) {
  const FloatTag tag;
  const std::int64_t tiles = tile_rows.size() * plane.tile_columns;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(tag));
  const FloatVector shift = hn::Set(tag, bias);
  // The even rows of outputs, one behind the other, then the odd ones.
  float* const odd_rows = scratch + 2 * (tiles + kWinogradSlack);
  for (std::int64_t tile = 0; tile < tiles; tile += lanes) {
    const float* const from = points.first + tile;
    const Pairs c0 = TimesA(LoadFour(from, points.stride));
    const Pairs c1 = TimesA(LoadFour(from + 4 * points.stride, points.stride));
    const Pairs c2 = TimesA(LoadFour(from + 8 * points.stride, points.stride));
    const Pairs c3 = TimesA(LoadFour(from + 12 * points.stride, points.stride));
    const Pairs left = TimesA({c0.even, c1.even, c2.even, c3.even});
    const Pairs right = TimesA({c0.odd, c1.odd, c2.odd, c3.odd});
    hn::StoreInterleaved2(hn::Add(left.even, shift), hn::Add(right.even, shift), tag,
                          scratch + 2 * tile);
    hn::StoreInterleaved2(hn::Add(left.odd, shift), hn::Add(right.odd, shift), tag,
                          odd_rows + 2 * tile);
  }
  const std::int64_t last = std::min(2 * tile_rows.last, plane.rows);
  for (std::int64_t row = 2 * tile_rows.first; row < last; ++row) {
    const float* const from =
        (row % 2 == 0 ? scratch : odd_rows) + (row / 2 - tile_rows.first) * 2 * plane.tile_columns;
    std::copy_n(from, plane.columns, y + row * plane.columns);
  }
}

HWY_INLINE Four TimesG(FloatVector g0, FloatVector g1, FloatVector g2) {
  const FloatVector half = hn::Set(FloatTag(), 0.5f);
  const FloatVector ends = hn::Mul(half, hn::Add(g0, g2)), middle = hn::Mul(half, g1);
  return {g0, hn::Add(ends, middle), hn::Sub(ends, middle), g2};
}

void Kernels(const KernelMatrix& kernels, std::int64_t row, const float* weight, float* points) {
  const FloatTag tag;
  const IndexTag index_tag;
  const std::int64_t step = kernels.PointStride();
  for (std::int64_t column = 0; column < kernels.columns;
       column += static_cast<std::int64_t>(hn::Lanes(tag))) {
    // Behind the last kernel that one is read again; what is written there has no meaning.
    const auto last = static_cast<std::int32_t>(kernels.columns - column - 1);
    const auto kernel = hn::Min(hn::Iota(index_tag, 0), hn::Set(index_tag, last));
    const auto places =
        hn::Mul(kernel, hn::Set(index_tag, static_cast<std::int32_t>(kernels.column_stride)));
    const float* const from = weight + row * kernels.row_stride + column * kernels.column_stride;
    const auto load = [&](std::int64_t element) HWY_ATTR {
      return hn::GatherIndex(tag, from + (kernels.is_turned ? 8 - element : element), places);
    };
    const Four r0 = TimesG(load(0), load(1), load(2));
    const Four r1 = TimesG(load(3), load(4), load(5));
    const Four r2 = TimesG(load(6), load(7), load(8));
    float* const to = points + row * kernels.columns + column;
    StoreFour(TimesG(r0.v0, r1.v0, r2.v0), to, 4 * step);
    StoreFour(TimesG(r0.v1, r1.v1, r2.v1), to + step, 4 * step);
    StoreFour(TimesG(r0.v2, r1.v2, r2.v2), to + 2 * step, 4 * step);
    StoreFour(TimesG(r0.v3, r1.v3, r2.v3), to + 3 * step, 4 * step);
  }
}

struct Three {
  FloatVector v0, v1, v2;
};

HWY_INLINE Three TimesTransposedG(const Four& s) {
  const FloatVector half = hn::Set(FloatTag(), 0.5f);
  const FloatVector sum = hn::Mul(half, hn::Add(s.v1, s.v2));
  return {hn::Add(s.v0, sum), hn::Mul(half, hn::Sub(s.v1, s.v2)), hn::Add(sum, s.v3)};
}

void KernelGradients(const KernelMatrix& kernels, std::int64_t row, const float* points,
                     KernelStore store, float* weight) {
  const FloatTag tag;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(tag));
  const std::int64_t step = kernels.PointStride();
  HWY_ALIGN std::array<float, 9 * HWY_LANES(float)> elements;
  for (std::int64_t column = 0; column < kernels.columns; column += lanes) {
    const float* const from = points + row * kernels.columns + column;
    const Three r0 = TimesTransposedG(LoadFour(from, step));
    const Three r1 = TimesTransposedG(LoadFour(from + 4 * step, step));
    const Three r2 = TimesTransposedG(LoadFour(from + 8 * step, step));
    const Three r3 = TimesTransposedG(LoadFour(from + 12 * step, step));
    float* element = elements.data();
    const auto put = [&](FloatVector values) HWY_ATTR {
      hn::Store(values, tag, element);
      element += lanes;
    };
    const Three c0 = TimesTransposedG({r0.v0, r1.v0, r2.v0, r3.v0});
    const Three c1 = TimesTransposedG({r0.v1, r1.v1, r2.v1, r3.v1});
    const Three c2 = TimesTransposedG({r0.v2, r1.v2, r2.v2, r3.v2});
    for (const FloatVector& value : {c0.v0, c1.v0, c2.v0, c0.v1, c1.v1, c2.v1, c0.v2, c1.v2, c2.v2})
      put(value);
    for (std::int64_t lane = 0; lane < std::min(lanes, kernels.columns - column); ++lane) {
      float* const to = weight + row * kernels.row_stride + (column + lane) * kernels.column_stride;
      for (std::int64_t i = 0; i < 9; ++i) {
        const float value = elements[static_cast<std::size_t>(i * lanes + lane)];
        to[i] = store == KernelStore::kAdd ? to[i] + value : value;
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(Patches);
HWY_EXPORT(Gradients);
HWY_EXPORT(Products);
HWY_EXPORT(Kernels);
HWY_EXPORT(KernelGradients);

// Vectors of tiles read pairs of elements, and the pair behind the last tile's.
std::int64_t TiledPlane::ScratchStride() const {
  const std::int64_t vectors = (tile_columns + kWinogradSlack - 1) / kWinogradSlack;
  return 2 * vectors * kWinogradSlack + 16;
}

void TransformPatches(const TiledPlane& plane, IndexRange tile_rows, const float* x, float* scratch,
                      TilePoints<float> points) {
  HWY_DYNAMIC_DISPATCH(Patches)(plane, tile_rows, x, scratch, points);
}

void TransformGradients(const TiledPlane& plane, IndexRange tile_rows, const float* dy,
                        float* scratch, TilePoints<float> points) {
  HWY_DYNAMIC_DISPATCH(Gradients)(plane, tile_rows, dy, scratch, points);
}

void TransformProducts(const TiledPlane& plane, IndexRange tile_rows,
                       TilePoints<const float> points, float bias, float* scratch, float* y) {
  HWY_DYNAMIC_DISPATCH(Products)(plane, tile_rows, points, bias, scratch, y);
}

void TransformKernels(const KernelMatrix& kernels, std::int64_t row, const float* weight,
                      float* points) {
  HWY_DYNAMIC_DISPATCH(Kernels)(kernels, row, weight, points);
}

void TransformKernelGradients(const KernelMatrix& kernels, std::int64_t row, const float* points,
                              KernelStore store, float* weight) {
  HWY_DYNAMIC_DISPATCH(KernelGradients)(kernels, row, points, store, weight);
}

}  // namespace descent::cpu
#endif
