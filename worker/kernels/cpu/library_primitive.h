#pragma once

#include <omp.h>

#include <array>
#include <cstddef>
#include <dnnl.hpp>
#include <initializer_list>
#include <vector>

#include "common/check.h"

namespace descent::cpu {

// A primitive of the matrix library with all that one run needs, so that a run allocates nothing
// of ours. The library's own threading would let the number of threads choose the order of
// additions, so a primitive runs on the calling thread alone, and our pool shares them out. One Run
// at a time: a thread has primitives of its own. Only files that prepare primitives include this.
class LibraryPrimitive {
 public:
  // An operand: the library's number of it (DNNL_ARG_SRC) and how it lies in memory.
  struct Operand {
    int argument;
    dnnl::memory::desc desc;
  };

  LibraryPrimitive(const dnnl::engine& engine, const dnnl::primitive& primitive,
                   const dnnl::memory::desc& scratchpad, const std::vector<Operand>& operands)
      : stream_(engine), primitive_(primitive), scratchpad_(scratchpad, engine) {
    for (const Operand& operand : operands) {
      memories_.push_back(dnnl::memory(operand.desc, engine, DNNL_MEMORY_NONE));
      arguments_.push_back({operand.argument, memories_.back().get()});
    }
    arguments_.push_back({DNNL_ARG_SCRATCHPAD, scratchpad_.get()});
  }

  // Runs on operands at these addresses, in the order of the constructor's. Through the C
  // interface: the C++ one allocates a list of arguments for every call.
  void Run(std::initializer_list<const void*> addresses) {
    DESCENT_CHECK(addresses.size() == memories_.size());
    omp_set_num_threads(1);  // of the calling thread
    std::size_t operand = 0;
    for (const void* address : addresses) {
      const dnnl_memory_t memory = memories_[operand++].get();
      DESCENT_CHECK(dnnl_memory_set_data_handle(memory, const_cast<void*>(address)) ==
                    dnnl_success);
    }
    const int count = static_cast<int>(arguments_.size());
    const dnnl_status_t status =
        dnnl_primitive_execute(primitive_.get(), stream_.get(), count, arguments_.data());
    DESCENT_CHECK(status == dnnl_success);
  }

 private:
  dnnl::stream stream_;
  dnnl::primitive primitive_;
  dnnl::memory scratchpad_;
  std::vector<dnnl::memory> memories_;
  std::vector<dnnl_exec_arg_t> arguments_;
};

// Attributes of every primitive: it gets its scratch memory from us, and adds to what its output
// holds where it accumulates.
inline dnnl::primitive_attr LibraryAttributes(bool accumulates) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (accumulates) {
    dnnl::post_ops sum;
    sum.append_sum();
    attributes.set_post_ops(sum);
  }
  return attributes;
}

}  // namespace descent::cpu
