#pragma once

#include <optional>

#include "common/aligned_buffer.h"
#include "worker/graph/types.h"
#include "worker/kernels/cpu/library_primitive.h"

namespace descent::cpu {

// Tensors in layouts of the matrix library, which reads and writes channels 16 to a vector. Outside
// of a step all tensors are dense and row-major.

// How many floats a tensor takes, padding included.
std::int64_t ElementsOf(const dnnl::memory::desc& desc);

// Brings a tensor from one layout into another, or adds it to what is there.
LibraryPrimitive MakeReorder(const dnnl::engine& engine, const dnnl::memory::desc& from,
                             const dnnl::memory::desc& to, bool accumulates = false);

// Images [B, C, H, W] in the library's layout, in memory of their own where it differs from the
// outer one. One thread at a time.
class LibraryImages {
 public:
  LibraryImages(const dnnl::engine& engine, const Shape& shape, const dnnl::memory::desc& inner);

  // Brings images in; where the library reads them.
  const float* Enter(const float* outer);

  // Where the library writes them; Leave brings them out.
  float* Inner(float* outer);
  void Leave(float* outer);

 private:
  std::optional<AlignedBuffer> memory_;
  std::optional<LibraryPrimitive> into_, out_of_;
};

// A weight in the library's layout, in memory of its own.
class LibraryWeight {
 public:
  LibraryWeight(const dnnl::engine& engine, const dnnl::memory::desc& outer,
                const dnnl::memory::desc& inner);

  const float* Enter(const float* outer);  // brings it in; where the library reads it

 private:
  AlignedBuffer memory_;
  LibraryPrimitive into_;
};

}  // namespace descent::cpu
