#include "worker/kernels/cpu/attention_rows.h"

#include <cstdint>

#include "worker/kernels/bfloat16.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/attention_rows.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <hwy/cache_control.h>

#include "worker/kernels/cpu/bfloat16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

HWY_INLINE void StoreFloats(FloatVector values, float* to) { hn::StoreU(values, FloatTag(), to); }
HWY_INLINE void StoreFloats(FloatVector values, std::uint16_t* to) {
  hn::StoreU(RoundVector(values), BFloat16Tag(), to);
}
HWY_INLINE void StoreFloat(float value, float* to) { *to = value; }
HWY_INLINE void StoreFloat(float value, std::uint16_t* to) { *to = ToBFloat16(value); }

// to[d] = from[d] times scale.
template <typename From, typename To>
HWY_INLINE void ScaleRow(const From* from, std::size_t columns, float scale, To* to) {
  const FloatTag tag;
  const FloatVector factor = hn::Set(tag, scale);
  std::size_t d = 0;
  for (; d + hn::Lanes(tag) <= columns; d += hn::Lanes(tag))
    StoreFloats(hn::Mul(LoadFloats(from + d), factor), to + d);
  for (; d < columns; ++d) StoreFloat(LoadFloat(from + d) * scale, to + d);
}

// Rows lie pages apart, where the processor does not see which comes next.
constexpr std::size_t kRowsAhead = 4;
constexpr std::size_t kLineBytes = 64;

template <typename T>
HWY_INLINE void PackRows(const AttentionHead& head, const T* from, std::size_t stride, float scale,
                         float* rows) {
  for (std::size_t row = 0; row < head.tokens; ++row, from += stride) {
    for (std::size_t d = 0; d < head.columns; d += kLineBytes / sizeof(T))
      hwy::Prefetch(from + kRowsAhead * stride + d);
    ScaleRow(from, head.columns, scale, rows + row * head.padded_width);
  }
}

void Pack(const AttentionHead& head, const void* operand, const HeadColumns& columns, float scale,
          float* rows) {
  if (columns.type == DataType::kFloat32) {
    PackRows(head, static_cast<const float*>(operand) + columns.first, columns.stride, scale, rows);
  } else {
    PackRows(head, static_cast<const std::uint16_t*>(operand) + columns.first, columns.stride,
             scale, rows);
  }
}

template <typename T>
HWY_INLINE void UnpackRows(const AttentionHead& head, const float* rows, float scale, T* to,
                           std::size_t stride) {
  for (std::size_t row = 0; row < head.tokens; ++row)
    ScaleRow(rows + row * head.padded_width, head.columns, scale, to + row * stride);
}

void Unpack(const AttentionHead& head, const float* rows, float scale, const HeadColumns& columns,
            void* operand) {
  if (columns.type == DataType::kFloat32) {
    UnpackRows(head, rows, scale, static_cast<float*>(operand) + columns.first, columns.stride);
  } else {
    UnpackRows(head, rows, scale, static_cast<std::uint16_t*>(operand) + columns.first,
               columns.stride);
  }
}

constexpr std::size_t kSquare = 4;

// to[j, i] = from[i, j] of 4 x 4 elements.
#if HWY_TARGET == HWY_SCALAR
void TransposeSquare(const float* from, std::size_t from_stride, float* to, std::size_t to_stride) {
  for (std::size_t i = 0; i < kSquare; ++i)
    for (std::size_t j = 0; j < kSquare; ++j) to[j * to_stride + i] = from[i * from_stride + j];
}
#else
HWY_INLINE void TransposeSquare(const float* from, std::size_t from_stride, float* to,
                                std::size_t to_stride) {
  const hn::Full128<float> tag;
  const hn::Full128<double> pairs;  // of elements
  const auto row0 = hn::Load(tag, from), row1 = hn::Load(tag, from + from_stride);
  const auto row2 = hn::Load(tag, from + 2 * from_stride);
  const auto row3 = hn::Load(tag, from + 3 * from_stride);
  const auto lower01 = hn::BitCast(pairs, hn::InterleaveLower(tag, row0, row1));
  const auto upper01 = hn::BitCast(pairs, hn::InterleaveUpper(tag, row0, row1));
  const auto lower23 = hn::BitCast(pairs, hn::InterleaveLower(tag, row2, row3));
  const auto upper23 = hn::BitCast(pairs, hn::InterleaveUpper(tag, row2, row3));
  const auto store = [&](auto column, std::size_t j)
                         HWY_ATTR { hn::Store(hn::BitCast(tag, column), tag, to + j * to_stride); };
  store(hn::InterleaveLower(pairs, lower01, lower23), 0);
  store(hn::InterleaveUpper(pairs, lower01, lower23), 1);
  store(hn::InterleaveLower(pairs, upper01, upper23), 2);
  store(hn::InterleaveUpper(pairs, upper01, upper23), 3);
}
#endif

// A line of the cache at a time.
void Transpose(const AttentionHead& head, const float* rows, float* transposed) {
  for (std::size_t first = 0; first < head.padded_rows; first += kColumnsMultiple) {
    const std::size_t end = std::min(head.padded_rows, first + kColumnsMultiple);
    for (std::size_t d = 0; d < head.padded_width; d += kSquare) {
      for (std::size_t row = first; row < end; row += kSquare)
        TransposeSquare(rows + row * head.padded_width + d, head.padded_width,
                        transposed + d * head.padded_tokens + row, head.padded_tokens);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(Pack);
HWY_EXPORT(Unpack);
HWY_EXPORT(Transpose);

void PackHead(const AttentionHead& head, const void* operand, const HeadColumns& columns,
              float scale, float* rows) {
  HWY_DYNAMIC_DISPATCH(Pack)(head, operand, columns, scale, rows);
}

void UnpackHead(const AttentionHead& head, const float* rows, float scale,
                const HeadColumns& columns, void* operand) {
  HWY_DYNAMIC_DISPATCH(Unpack)(head, rows, scale, columns, operand);
}

void TransposeHead(const AttentionHead& head, const float* rows, float* transposed) {
  HWY_DYNAMIC_DISPATCH(Transpose)(head, rows, transposed);
}

}  // namespace descent::cpu
#endif
