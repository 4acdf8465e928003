#include "worker/models/model.h"

#include "worker/models/mlp.h"
#include "worker/ops/ops.h"

namespace descent {

Result<Graph> BuildModel(const ModelSpec& spec, std::int64_t features, std::int64_t classes,
                         std::int64_t batch_rows) {
  DESCENT_CHECK(features >= 1);
  DESCENT_CHECK(classes >= 1);
  DESCENT_CHECK(batch_rows >= 1);
  Graph graph;
  ModelPorts ports;
  ports.features = graph.AddInput("features", {DataType::kFloat32, {batch_rows, features}});
  ports.labels = graph.AddInput("labels", {DataType::kInt32, {batch_rows}});
  DESCENT_ASSIGN(const ValueId logits,
                 AppendMlp(graph, std::get<MlpSpec>(spec.architecture), ports.features, classes));
  DESCENT_ASSIGN(ports.losses, SoftmaxCrossEntropy(graph, logits, ports.labels));
  DESCENT_ASSIGN(ports.correct, TopOneCorrect(graph, logits, ports.labels));
  graph.set_ports(ports);
  return graph;
}

}  // namespace descent
