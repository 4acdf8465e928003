#pragma once

#include <memory>
#include <string>

#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/cpu/library_primitive.h"

namespace descent::cpu {

// Prepares a step of a convolution that is made of (request, engine, arguments...).
template <typename PreparedConvolution, typename... Arguments>
PreparedStep PrepareConvolutionStep(const KernelRequest& request, const Arguments&... arguments) {
  omp_set_num_threads(1);
  try {
    const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    return std::unique_ptr<Step>(
        std::make_unique<PreparedConvolution>(request, engine, arguments...));
  } catch (const dnnl::error& error) {
    return Status(Code::kInternal, std::string("cannot prepare a convolution: ") + error.what());
  }
}

}  // namespace descent::cpu
