#pragma once

#include <cstddef>
#include <vector>

#include "worker/graph/graph.h"
#include "worker/graph/sample_source.h"
#include "worker/kernels/kernel.h"

namespace descent {

struct KernelRunOptions {
  int threads = 1;
  std::size_t misalignment = 0;  // elements from a 64-byte boundary to each operand
  OutputMode mode = OutputMode::kWrite;
  float before = 0;  // what the outputs hold before the run
};

// One op on given operands, run by its kernel and by the reference, with the same randomness.
class KernelCase {
 public:
  KernelCase(const OpDef& op, OpSample operands);

  // All outputs, one behind the other.
  std::vector<float> Run(const KernelRunOptions& options) const;
  std::vector<double> Reference() const;

  const Graph& graph() const { return graph_; }

 private:
  const Node& node() const { return graph_.nodes()[0]; }

  Graph graph_;
  OpSample operands_;
};

// Fails the test that runs where an element differs from the wanted one, plus `offset`, by more
// than roundings explain.
void ExpectClose(const std::vector<float>& found, const std::vector<double>& wanted,
                 double offset = 0);

}  // namespace descent
