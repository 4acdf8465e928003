#include "tests/numeric/graph_runner.h"

#include <cstddef>

#include "worker/kernels/kernel.h"

namespace descent {

void RunByKernels(const Graph& graph, FloatValues& values) {
  ThreadPool pool(1);
  values.resize(static_cast<std::size_t>(graph.value_count()));
  for (const Node& node : graph.nodes()) {
    std::vector<const void*> inputs;
    std::vector<void*> outputs;
    for (const ValueId id : node.inputs)
      inputs.push_back(values[static_cast<std::size_t>(id.index)].data());
    for (const ValueId id : node.outputs) {
      std::vector<float>& output = values[static_cast<std::size_t>(id.index)];
      output.resize(static_cast<std::size_t>(ElementCount(graph.value(id).type.shape)));
      outputs.push_back(output.data());
    }
    const auto step =
        FindKernel(node.op->name)->prepare({graph, node, OutputMode::kWrite, pool}).value();
    step->Run({inputs, outputs});
  }
}

}  // namespace descent
