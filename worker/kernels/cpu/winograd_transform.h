#pragma once

#include <cstddef>
#include <cstdint>

#include "common/shard_planner.h"

namespace descent::cpu {

// The transforms of Winograd's convolution F(2 x 2, 3 x 3), whose tiles of 2 x 2 outputs take 16
// products for each pair of channels in place of 36:
//   y = A^T [sum over input channels of (G g G^T) * (B^T d B)] A,   * element by element,
// of patches d (4 x 4, two elements from each to the next) and kernels g (3 x 3), with
//   B^T = 1  0 -1  0      G =  1    0    0       A^T = 1  1  1  0
//         0  1  1  0          1/2  1/2  1/2            0  1 -1 -1
//         0 -1  1  0          1/2 -1/2  1/2
//         0  1  0 -1           0    0    1
// The gradient of g is G^T [sum over tiles of (A dy A^T) * (B^T d B)] G. Source: Lavin and Gray
// 2016, section 4.1. A transformed tile or kernel has 16 points; a matrix of each point lies behind
// that of the one before.

inline constexpr std::int64_t kWinogradPoints = 16;
// Transforms write vectors of tiles, and may write so many elements behind the last tile of a run.
inline constexpr std::int64_t kWinogradSlack = 16;

// A plane that is cut into tiles of 2 x 2, and how far above and left of it the first one begins.
struct TiledPlane {
  std::int64_t rows, columns;
  std::int64_t padding;
  std::int64_t tile_rows, tile_columns;

  // Of scratch memory for `count` rows of tiles.
  std::int64_t ScratchStride() const;
  std::int64_t ScratchElements(std::int64_t count) const {
    return ScratchStride() * (2 * count + 2);
  }
};

// Where the points of a run of tiles of one channel lie.
template <typename T>
struct TilePoints {
  T* first;
  std::int64_t stride;  // from a point of a tile to its next one
};

// B^T d B of the patches of some rows of tiles; d is 0 outside of the plane. `scratch` has
// ScratchElements(tile_rows.size()), begins as zeros, and is for planes of one size alone.
void TransformPatches(const TiledPlane& plane, IndexRange tile_rows, const float* x, float* scratch,
                      TilePoints<float> points);

// A dy A^T of some rows of tiles, likewise; the plane's padding is 0.
void TransformGradients(const TiledPlane& plane, IndexRange tile_rows, const float* dy,
                        float* scratch, TilePoints<float> points);

// bias + A^T m A of some rows of tiles, into the plane; another scratch of the same size, of any
// content.
void TransformProducts(const TiledPlane& plane, IndexRange tile_rows,
                       TilePoints<const float> points, float bias, float* scratch, float* y);

// Kernels as a matrix: kernel (row, column) begins at row * row_stride + column * column_stride.
struct KernelMatrix {
  std::int64_t rows, columns;
  std::int64_t row_stride, column_stride;
  bool is_turned;  // by half a turn, as the gradient of the input needs it

  // From one point's matrix [rows, columns] to the next.
  std::int64_t PointStride() const { return rows * columns + kWinogradSlack; }
};

// G g G^T of the kernels of one row, into [16 points][rows][columns].
void TransformKernels(const KernelMatrix& kernels, std::int64_t row, const float* weight,
                      float* points);

// G^T s G of the kernels of one row, written, or added to what is there. Not of turned ones.
enum class KernelStore { kWrite, kAdd };
void TransformKernelGradients(const KernelMatrix& kernels, std::int64_t row, const float* points,
                              KernelStore store, float* weight);

}  // namespace descent::cpu
