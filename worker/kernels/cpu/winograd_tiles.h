#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/shard_planner.h"
#include "worker/graph/types.h"
#include "worker/kernels/cpu/winograd_transform.h"
#include "worker/kernels/thread_pool.h"

namespace descent::cpu {

// What the steps of winograd.cc and winograd_weight_gradient.cc have in common: how a batch is cut
// into groups of tiles, and the matrices of a group's points.

// Enough columns for a product to run at speed, a multiple of the library's 48, and few enough for
// the second-level cache.
inline constexpr std::int64_t kTilesOfGroup = 144;
inline constexpr std::int64_t kGroupsMin = 4;  // if there are as many rows of tiles: for threads

inline std::int64_t RoundUp(std::int64_t value, std::int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Planes [B, C, H, W] of a side of a convolution, cut into tiles.
struct TiledImages {
  std::int64_t channels;
  TiledPlane plane;

  std::int64_t PlaneSize() const { return plane.rows * plane.columns; }
  std::int64_t OffsetOf(std::int64_t sample, std::int64_t channel) const {
    return (sample * channels + channel) * PlaneSize();
  }
};

inline TiledImages ImagesOf(const Shape& shape, const Shape& y, std::int64_t padding) {
  return {.channels = shape[1],
          .plane = {.rows = shape[2],
                    .columns = shape[3],
                    .padding = padding,
                    .tile_rows = (y[2] + 1) / 2,
                    .tile_columns = (y[3] + 1) / 2}};
}

// The rows of tiles of a batch, sample by sample, cut into groups of equal size but the last.
class TileGroups {
 public:
  TileGroups(std::int64_t samples, const TiledPlane& plane)
      : plane_(plane), all_rows_(samples * plane.tile_rows) {
    const std::int64_t most = (all_rows_ + kGroupsMin - 1) / kGroupsMin;
    const std::int64_t wanted =
        std::clamp<std::int64_t>(kTilesOfGroup / plane.tile_columns, 1, most);
    count_ = (all_rows_ + wanted - 1) / wanted;
    rows_ = (all_rows_ + count_ - 1) / count_;
    count_ = (all_rows_ + rows_ - 1) / rows_;
  }

  std::int64_t count() const { return count_; }
  std::int64_t rows() const { return rows_; }
  std::int64_t tiles() const { return rows_ * plane_.tile_columns; }
  std::int64_t TilesOf(std::int64_t group) const {
    return RowsOf(group).size() * plane_.tile_columns;
  }

  // Calls body(sample, rows of tiles in its plane, number of the first tile in the group).
  template <typename Body>
  void ForEachSample(std::int64_t group, const Body& body) const {
    const IndexRange rows = RowsOf(group);
    for (std::int64_t row = rows.first; row < rows.last;) {
      const std::int64_t sample = row / plane_.tile_rows;
      const std::int64_t last = std::min(rows.last, (sample + 1) * plane_.tile_rows);
      const IndexRange part = {.first = row - sample * plane_.tile_rows,
                               .last = last - sample * plane_.tile_rows};
      body(sample, part, (row - rows.first) * plane_.tile_columns);
      row = last;
    }
  }

 private:
  IndexRange RowsOf(std::int64_t group) const {
    return {.first = group * rows_, .last = std::min((group + 1) * rows_, all_rows_)};
  }

  TiledPlane plane_;
  std::int64_t all_rows_, count_, rows_;
};

// Matrices [16 points][channels][tiles], with some elements behind each row and each matrix.
struct PointMatrices {
  std::int64_t channels, tiles;

  std::int64_t RowStride() const { return RoundUp(tiles, 16) + kWinogradSlack; }
  std::int64_t PointStride() const { return channels * RowStride() + kWinogradSlack; }
  std::int64_t Elements() const { return kWinogradPoints * PointStride(); }

  template <typename T>
  TilePoints<T> At(T* matrices, std::int64_t channel, std::int64_t tile) const {
    return {.first = matrices + channel * RowStride() + tile, .stride = PointStride()};
  }
};

// A piece of the pool's scratch for each thread, and one that they share.
class ScratchPieces {
 public:
  ScratchPieces(ThreadPool& pool, std::int64_t shared, const std::vector<std::int64_t>& of_thread)
      : pool_(pool), shared_(RoundUp(shared, 16)) {
    for (const std::int64_t size : of_thread) {
      offsets_.push_back(thread_);
      thread_ += RoundUp(size, 16);
    }
    pool.scratch().Reserve(shared_ + thread_ * pool.thread_count());
  }

  float* Shared() const { return pool_.scratch().data(); }
  float* Of(int thread, std::size_t piece) const {
    return Shared() + shared_ + thread * thread_ + offsets_[piece];
  }

 private:
  ThreadPool& pool_;
  std::int64_t shared_;
  std::int64_t thread_ = 0;
  std::vector<std::int64_t> offsets_;
};

}  // namespace descent::cpu
