#include "worker/checkpoint/model_description.h"

#include "common/check.h"
#include "tests/fuzz/fuzz_target.h"
#include "worker/models/model.h"

namespace descent {

// What a description is of can be built, or is refused.
DESCENT_FUZZ_TARGET(model_description) {
  const Result<ModelDescription> description = DecodeModelDescription(bytes);
  if (!description.ok()) return;
  NoteTaken();
  DESCENT_CHECK(EncodeModelDescription(description.value()) == bytes);
  const auto& [model, format, vocabulary, data] = description.value();
  const Result<Graph> graph = BuildModel(model, format, 1);
  DESCENT_CHECK(graph.ok() || !graph.status().message().empty());
}

}  // namespace descent
