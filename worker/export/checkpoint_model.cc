#include "worker/export/checkpoint_model.h"

#include <utility>

#include "checkpoint/published_files.h"
#include "worker/checkpoint/checkpoint_reader.h"
#include "worker/models/model.h"
#include "worker/train/load_parameters.h"

namespace descent {

Result<CheckpointModel> ReadCheckpointModel(const std::filesystem::path& checkpoint) {
  DESCENT_ASSIGN(Manifest manifest, ReadManifest(checkpoint));
  DESCENT_ASSIGN(ModelDescription description, ReadModelDescription(checkpoint));
  // The layout does not depend on the batch size: one row is enough to know it.
  DESCENT_ASSIGN(const Graph graph, BuildModel(description.model, description.format, 1));
  ParameterLayout layout = MakeParameterLayout(graph);
  DESCENT_RETURN_IF_ERROR(CheckParametersFit(checkpoint, layout));
  AlignedBuffer parameters(layout.element_count);
  DESCENT_RETURN_IF_ERROR(LoadParameters(checkpoint, layout, parameters.span()));
  return CheckpointModel{.checkpoint = std::move(manifest.description),
                         .description = std::move(description),
                         .layout = std::move(layout),
                         .parameters = std::move(parameters)};
}

std::vector<TensorView> TensorsOf(const CheckpointModel& model) {
  std::vector<TensorView> tensors;
  for (const ParameterSlot& slot : model.layout.slots)
    tensors.push_back(
        {.name = slot.name,
         .shape = slot.shape,
         .values = model.parameters.span().subspan(static_cast<std::size_t>(slot.offset),
                                                   static_cast<std::size_t>(slot.size))});
  return tensors;
}

}  // namespace descent
