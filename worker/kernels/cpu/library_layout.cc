#include "worker/kernels/cpu/library_layout.h"

namespace descent::cpu {

std::int64_t ElementsOf(const dnnl::memory::desc& desc) {
  return static_cast<std::int64_t>((desc.get_size() + sizeof(float) - 1) / sizeof(float));
}

LibraryPrimitive MakeReorder(const dnnl::engine& engine, const dnnl::memory::desc& from,
                             const dnnl::memory::desc& to, bool accumulates) {
  const dnnl::reorder::primitive_desc desc(engine, from, engine, to,
                                           LibraryAttributes(accumulates));
  return LibraryPrimitive(engine, dnnl::reorder(desc), desc.scratchpad_desc(),
                          {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
}

LibraryImages::LibraryImages(const dnnl::engine& engine, const Shape& shape,
                             const dnnl::memory::desc& inner) {
  const dnnl::memory::desc outer(shape, dnnl::memory::data_type::f32,
                                 dnnl::memory::format_tag::nchw);
  if (inner == outer) return;
  memory_.emplace(ElementsOf(inner));
  into_.emplace(MakeReorder(engine, outer, inner));
  out_of_.emplace(MakeReorder(engine, inner, outer));
}

const float* LibraryImages::Enter(const float* outer) {
  if (!memory_) return outer;
  into_->Run({outer, memory_->span().data()});
  return memory_->span().data();
}

float* LibraryImages::Inner(float* outer) { return memory_ ? memory_->span().data() : outer; }

void LibraryImages::Leave(float* outer) {
  if (memory_) out_of_->Run({memory_->span().data(), outer});
}

LibraryWeight::LibraryWeight(const dnnl::engine& engine, const dnnl::memory::desc& outer,
                             const dnnl::memory::desc& inner)
    : memory_(ElementsOf(inner)), into_(MakeReorder(engine, outer, inner)) {}

const float* LibraryWeight::Enter(const float* outer) {
  into_.Run({outer, memory_.span().data()});
  return memory_.span().data();
}

}  // namespace descent::cpu
