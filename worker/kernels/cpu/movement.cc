#include <array>

#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/cpu/strided_rows.h"

// Elements are copied as they are: no loop of its own for each instruction set.

namespace descent::cpu {
namespace {

// Where an operand's first element lies, and how far apart the others do.
struct StridedTensor {
  std::size_t offset = 0;
  Strides strides;
};

// y = the elements of x at these strides.
PreparedStep PrepareCopy(const KernelRequest& request, const StridedTensor& x) {
  const StridedRows walk(request.output(0).shape, {&x.strides, 1});
  return MakeStep([walk, offset = x.offset, &pool = request.pool](const StepRun& run) {
    const std::size_t stride = walk.column_strides()[0];
    ForEachStridedRun(pool, walk, [&](const auto& offsets, std::size_t first, std::size_t count) {
      const float* from = run.input(0) + offset + offsets[0];
      float* to = run.output(0) + first;
      if (stride == 1) {
        std::copy_n(from, count, to);
      } else {
        for (std::size_t i = 0; i < count; ++i) to[i] = from[i * stride];
      }
    });
  });
}

// A slice of a dense tensor of this shape.
StridedTensor SliceOf(const Shape& shape, const Attributes& attributes) {
  StridedTensor slice{0, DenseStrides(shape)};
  for (std::size_t i = 0; i < shape.size(); ++i) {
    slice.offset += static_cast<std::size_t>(attributes.Integers("starts")[i]) * slice.strides[i];
    slice.strides[i] *= static_cast<std::size_t>(attributes.Integers("steps")[i]);
  }
  return slice;
}

// Tensors that lie one behind the other along an axis, as runs of the whole: `outer` rows, of which
// each part has its run.
struct Parts {
  std::size_t outer = 1;
  std::vector<std::size_t> sizes;  // of a run, by part
  std::size_t row_size = 0;
};

Parts PartsOf(const Graph& graph, const std::vector<ValueId>& ids, std::int64_t axis) {
  Parts parts;
  for (const TensorType& type : graph.TypesOf(ids)) {
    const Shape run(type.shape.begin() + axis, type.shape.end());
    parts.sizes.push_back(static_cast<std::size_t>(ElementCount(run)));
    parts.row_size += parts.sizes.back();
    parts.outer = static_cast<std::size_t>(ElementCount(type.shape)) / parts.sizes.back();
  }
  return parts;
}

// Calls body(part, offset in the part, offset in the whole, count) for every run.
template <typename Body>
void ForEachPartRun(ThreadPool& pool, const Parts& parts, const Body& body) {
  ForEachRun(pool, parts.outer, RowsPerRun(parts.row_size),
             [&](std::size_t first, std::size_t count) {
               for (std::size_t row = first; row < first + count; ++row) {
                 std::size_t offset = row * parts.row_size;
                 for (std::size_t part = 0; part < parts.sizes.size(); ++part) {
                   body(part, row * parts.sizes[part], offset, parts.sizes[part]);
                   offset += parts.sizes[part];
                 }
               }
             });
}

}  // namespace

PreparedStep PrepareExpand(const KernelRequest& request) {
  return PrepareCopy(request,
                     {0, BroadcastStrides(request.input(0).shape, request.output(0).shape)});
}

PreparedStep PrepareTranspose(const KernelRequest& request) {
  const Strides strides = DenseStrides(request.input(0).shape);
  Strides permuted;
  for (const std::int64_t axis : request.node.attributes.Integers("permutation"))
    permuted.push_back(strides[static_cast<std::size_t>(axis)]);
  return PrepareCopy(request, {0, std::move(permuted)});
}

PreparedStep PrepareSlice(const KernelRequest& request) {
  return PrepareCopy(request, SliceOf(request.input(0).shape, request.node.attributes));
}

PreparedStep PrepareSliceGradient(const KernelRequest& request) {
  const Shape& shape = request.output(0).shape;
  const StridedTensor slice = SliceOf(shape, request.node.attributes);
  const StridedRows walk(request.input(0).shape, {&slice.strides, 1});
  const auto total = static_cast<std::size_t>(ElementCount(shape));
  return MakeStep([=, offset = slice.offset, &pool = request.pool](const StepRun& run) {
    ForEachRun(pool, total, kElementsPerRun, [&](std::size_t first, std::size_t count) {
      std::fill_n(run.output(0) + first, count, 0.0f);
    });
    const std::size_t stride = walk.column_strides()[0];
    ForEachStridedRun(pool, walk, [&](const auto& offsets, std::size_t first, std::size_t count) {
      float* to = run.output(0) + offset + offsets[0];
      for (std::size_t i = 0; i < count; ++i) to[i * stride] = run.input(0)[first + i];
    });
  });
}

PreparedStep PrepareConcat(const KernelRequest& request) {
  const Node& node = request.node;
  const Parts parts = PartsOf(request.graph, node.inputs, node.attributes.Integer("axis"));
  return MakeStep([parts, &pool = request.pool](const StepRun& run) {
    ForEachPartRun(
        pool, parts,
        [&](std::size_t part, std::size_t in_part, std::size_t in_whole, std::size_t count) {
          std::copy_n(run.input(part) + in_part, count, run.output(0) + in_whole);
        });
  });
}

PreparedStep PrepareSplit(const KernelRequest& request) {
  const Node& node = request.node;
  const Parts parts = PartsOf(request.graph, node.outputs, node.attributes.Integer("axis"));
  return MakeStep([parts, &pool = request.pool](const StepRun& run) {
    ForEachPartRun(
        pool, parts,
        [&](std::size_t part, std::size_t in_part, std::size_t in_whole, std::size_t count) {
          std::copy_n(run.input(0) + in_whole, count, run.output(part) + in_part);
        });
  });
}

}  // namespace descent::cpu
