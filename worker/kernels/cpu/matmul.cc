#include <algorithm>
#include <string>
#include <vector>

#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/cpu/library_primitive.h"

namespace descent::cpu {
namespace {

// The output is cut into a grid of tiles that depends on the sizes alone, each tile is one
// primitive, and our pool shares the tiles out. A tile reads all of K, so no sum is divided.

// Few rows: one band, cut into columns, so that every weight is read once; narrow tiles where there
// would be fewer than four, because threads should share a layer of a small model too, although the
// library is a few per cent slower on them. Many rows: bands as wide as the cache likes, because
// whole rows let the library pack less.
constexpr std::int64_t kBandRows = 128;
constexpr std::int64_t kColumnsOfOneBandMin = 128;
constexpr std::int64_t kColumnsOfOneBandMax = 256;
constexpr std::int64_t kColumnsOfManyBands = 1024;
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

Grid MakeGrid(std::int64_t rows, std::int64_t columns) {
  const bool is_one_band = rows <= kBandRows;
  const std::int64_t columns_max =
      is_one_band ? std::clamp(columns / 4, kColumnsOfOneBandMin, kColumnsOfOneBandMax)
                  : kColumnsOfManyBands;
  return {rows, columns, EqualPart(rows, kBandRows, 1),
          EqualPart(columns, columns_max, kColumnsMultiple)};
}

// Element (row, column) of a matrix lies at row * row_stride + column * column_stride.
struct Strides {
  std::int64_t row, column;
};

Strides StridesOf(const Shape& shape, bool is_transposed) {
  return is_transposed ? Strides{1, shape[1]} : Strides{shape[1], 1};
}

dnnl::memory::desc Describe(std::int64_t rows, std::int64_t columns, Strides strides) {
  return {{rows, columns}, dnnl::memory::data_type::f32, {strides.row, strides.column}};
}

class MatMulStep final : public Step {
 public:
  explicit MatMulStep(const KernelRequest& request)
      : pool_(request.pool),
        grid_(MakeGrid(request.output(0).shape[0], request.output(0).shape[1])),
        a_strides_(StridesOf(request.input(0).shape, request.node.attributes.Flag("transpose_a"))),
        b_strides_(StridesOf(request.input(1).shape, request.node.attributes.Flag("transpose_b"))) {
    const std::size_t inner_axis = request.node.attributes.Flag("transpose_a") ? 0 : 1;
    const std::int64_t inner = request.input(0).shape[inner_axis];
    for (const bool is_last_row : {false, true}) {
      for (const bool is_last_column : {false, true}) {
        AddPrimitives(TileSize(is_last_row, grid_.rows, grid_.tile_rows),
                      TileSize(is_last_column, grid_.columns, grid_.tile_columns), inner,
                      request.mode);
      }
    }
  }

  void Run(const StepRun& run) override {
    const std::int64_t across = grid_.tiles_across();
    pool_.ParallelFor(grid_.tiles_down() * across, [&](std::int64_t tile, int thread) {
      const std::int64_t row = tile / across * grid_.tile_rows;
      const std::int64_t column = tile % across * grid_.tile_columns;
      PrimitiveOf(tile, thread)
          .Run({run.input(0) + row * a_strides_.row, run.input(1) + column * b_strides_.column,
                run.output(0) + row * grid_.columns + column});
    });
  }

 private:
  // The last tile of a line may be smaller; it is the only one if the line has one.
  static std::int64_t TileSize(bool is_last, std::int64_t size, std::int64_t tile) {
    return is_last ? size - (size - 1) / tile * tile : tile;
  }

  void AddPrimitives(std::int64_t rows, std::int64_t columns, std::int64_t inner, OutputMode mode) {
    const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    const dnnl::matmul::desc desc(Describe(rows, inner, a_strides_),
                                  Describe(inner, columns, b_strides_),
                                  Describe(rows, columns, {grid_.columns, 1}));
    const dnnl::matmul::primitive_desc primitive(
        desc, LibraryAttributes(mode == OutputMode::kAccumulate), engine);
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
    const int kind = (is_last_row ? 2 : 0) + (is_last_column ? 1 : 0);
    return primitives_[static_cast<std::size_t>(kind * pool_.thread_count() + thread)];
  }

  ThreadPool& pool_;
  const Grid grid_;
  const Strides a_strides_, b_strides_;
  std::vector<LibraryPrimitive> primitives_;  // [last row?][last column?][thread]
};

}  // namespace

PreparedStep PrepareMatMul(const KernelRequest& request) {
  omp_set_num_threads(1);
  try {
    return std::unique_ptr<Step>(std::make_unique<MatMulStep>(request));
  } catch (const dnnl::error& error) {
    return Status(Code::kInternal, std::string("cannot prepare a matrix product: ") + error.what());
  }
}

}  // namespace descent::cpu
