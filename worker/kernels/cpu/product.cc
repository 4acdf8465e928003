#include "worker/kernels/cpu/product.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "worker/kernels/cpu/library_primitive.h"
#include "worker/kernels/cpu/thin_product.h"

namespace descent::cpu {
namespace {

// Few rows: one band, cut into columns, so that every weight is read once; narrow tiles where there
// would be fewer than four, because threads should share a layer of a small model too, although the
// library is a few per cent slower on them. Many rows: high bands, because the library packs b anew
// for every band, 3 to 8 % of the time of bands of 128 rows, unless threads would find few tiles.
// Bands enough: they are as wide as c, because the library's faster kernel, by up to a tenth in
// bf16, takes no tile that is narrower. A long sum wants narrow tiles: rows of b lie a page apart
// and more, and push each other out of the cache.
constexpr std::int64_t kBandRows = 128;
constexpr std::int64_t kBandRowsOfManyTiles = 256;
constexpr std::int64_t kManyTiles = 4;
constexpr std::int64_t kColumnsOfOneBandMin = 128;
constexpr std::int64_t kColumnsOfOneBandMax = 256;
constexpr std::int64_t kColumnsOfManyBands = 768;
constexpr std::int64_t kColumnsOfWholeBands = 4096;
constexpr std::int64_t kLongInner = 8192;
constexpr std::int64_t kColumnsOfLongInner = 384;
constexpr std::int64_t kColumnsMultiple = 16;  // one vector register

struct Grid {
  std::int64_t rows, columns;            // of the output
  std::int64_t tile_rows, tile_columns;  // of all tiles but the last of each line

  std::int64_t tiles_down() const { return (rows + tile_rows - 1) / tile_rows; }
  std::int64_t tiles_across() const { return (columns + tile_columns - 1) / tile_columns; }
};

// The size of equal parts of `size`, none above `part_max` rounded up to `multiple`.
std::int64_t EqualPart(std::int64_t size, std::int64_t part_max, std::int64_t multiple) {
  const std::int64_t parts = (size + part_max - 1) / part_max;
  const std::int64_t part = (size + parts - 1) / parts;
  return std::min(size, (part + multiple - 1) / multiple * multiple);
}

std::int64_t ColumnsMax(const ProductShape& shape) {
  if (shape.rows <= kBandRows)
    return std::clamp(shape.columns / 4, kColumnsOfOneBandMin, kColumnsOfOneBandMax);
  return shape.inner < kLongInner ? kColumnsOfManyBands : kColumnsOfLongInner;
}

// Whether a and c lie as the library's faster kernel takes them, and b is narrow enough for it.
bool SuitsWholeBands(const ProductShape& shape) {
  return shape.a.column == 1 && shape.a.row == shape.inner && shape.c_stride == shape.columns &&
         shape.columns <= kColumnsOfWholeBands && shape.inner < kLongInner;
}

Grid MakeGrid(const ProductShape& shape) {
  const std::int64_t columns = EqualPart(shape.columns, ColumnsMax(shape), kColumnsMultiple);
  const std::int64_t rows = EqualPart(shape.rows, kBandRowsOfManyTiles, 1);
  const Grid whole = {shape.rows, shape.columns, rows, shape.columns};
  if (whole.tiles_down() >= kManyTiles && SuitsWholeBands(shape)) return whole;
  const std::int64_t half_columns =
      EqualPart(shape.columns, std::max(columns / 2, kColumnsOfOneBandMin), kColumnsMultiple);
  for (const std::int64_t tile_columns : {columns, half_columns}) {
    const Grid high = {shape.rows, shape.columns, rows, tile_columns};
    if (high.tiles_down() * high.tiles_across() >= kManyTiles) return high;
  }
  return {shape.rows, shape.columns, EqualPart(shape.rows, kBandRows, 1), columns};
}

dnnl::memory::data_type LibraryType(DataType type) {
  DESCENT_CHECK(type == DataType::kFloat32 || type == DataType::kBFloat16);
  return type == DataType::kFloat32 ? dnnl::memory::data_type::f32 : dnnl::memory::data_type::bf16;
}

dnnl::memory::desc Describe(std::int64_t rows, std::int64_t columns, DataType type,
                            MatrixStrides strides) {
  return {{rows, columns}, LibraryType(type), {strides.row, strides.column}};
}

// An element's address; of either type, because only the library looks at it.
const void* At(const void* matrix, DataType type, std::int64_t offset) {
  return static_cast<const std::byte*>(matrix) + offset * ElementBytes(type);
}

class LibraryProduct final : public Product {
 public:
  LibraryProduct(const ProductShape& shape, ThreadPool& pool)
      : shape_(shape), grid_(MakeGrid(shape)), pool_(pool) {
    for (const bool is_last_row : {false, true}) {
      for (const bool is_last_column : {false, true}) {
        AddPrimitives(TileSize(is_last_row, grid_.rows, grid_.tile_rows),
                      TileSize(is_last_column, grid_.columns, grid_.tile_columns));
      }
    }
  }

  void Run(const void* a, const void* b, void* c) override {
    const std::int64_t across = grid_.tiles_across();
    pool_.ParallelFor(grid_.tiles_down() * across, [&](std::int64_t tile, int thread) {
      const std::int64_t row = tile / across * grid_.tile_rows;
      const std::int64_t column = tile % across * grid_.tile_columns;
      PrimitiveOf(tile, thread)
          .Run({At(a, shape_.operands, row * shape_.a.row),
                At(b, shape_.operands, column * shape_.b.column),
                At(c, shape_.result, row * shape_.c_stride + column)});
    });
  }

 private:
  // The last tile of a line may be smaller; it is the only one if the line has one.
  static std::int64_t TileSize(bool is_last, std::int64_t size, std::int64_t tile) {
    return is_last ? size - (size - 1) / tile * tile : tile;
  }

  void AddPrimitives(std::int64_t rows, std::int64_t columns) {
    const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    const dnnl::matmul::desc desc(Describe(rows, shape_.inner, shape_.operands, shape_.a),
                                  Describe(shape_.inner, columns, shape_.operands, shape_.b),
                                  Describe(rows, columns, shape_.result, {shape_.c_stride, 1}));
    const dnnl::matmul::primitive_desc primitive(desc, LibraryAttributes(shape_.accumulates),
                                                 engine);
    for (int thread = 0; thread < pool_.thread_count(); ++thread) {
      primitives_.emplace_back(
          engine, dnnl::matmul(primitive), primitive.scratchpad_desc(),
          std::vector<LibraryPrimitive::Operand>{{DNNL_ARG_SRC, primitive.src_desc()},
                                                 {DNNL_ARG_WEIGHTS, primitive.weights_desc()},
                                                 {DNNL_ARG_DST, primitive.dst_desc()}});
    }
  }

  LibraryPrimitive& PrimitiveOf(std::int64_t tile, int thread) {
    const std::int64_t across = grid_.tiles_across();
    const bool is_last_row = tile / across == grid_.tiles_down() - 1;
    const bool is_last_column = tile % across == across - 1;
    const std::size_t kind = (is_last_row ? 2u : 0u) + (is_last_column ? 1u : 0u);
    const auto threads = static_cast<std::size_t>(pool_.thread_count());
    return primitives_[kind * threads + static_cast<std::size_t>(thread)];
  }

  const ProductShape shape_;
  const Grid grid_;
  ThreadPool& pool_;
  std::vector<LibraryPrimitive> primitives_;  // [last row?][last column?][thread]
};

}  // namespace

Result<std::unique_ptr<Product>> Product::Create(const ProductShape& shape, ThreadPool& pool) {
  DESCENT_CHECK(!shape.accumulates || shape.result == DataType::kFloat32);
  if (IsThin(shape)) return MakeThinProduct(shape, pool);
  omp_set_num_threads(1);
  try {
    return std::unique_ptr<Product>(std::make_unique<LibraryProduct>(shape, pool));
  } catch (const dnnl::error& error) {
    return Status(Code::kInternal, std::string("cannot prepare a matrix product: ") + error.what());
  }
}

}  // namespace descent::cpu
