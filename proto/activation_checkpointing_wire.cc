#include "proto/activation_checkpointing_wire.h"

#include <string>

namespace descent {

void SetActivationCheckpointing(const ModelSpec& model, v1::ModelSpec& proto) {
  if (model.activation_checkpointing == ActivationCheckpointing::kFull)
    proto.set_activation_checkpointing(v1::ACTIVATION_CHECKPOINTING_FULL);
}

Status SetActivationCheckpointing(const v1::ModelSpec& proto, ModelSpec& model) {
  switch (proto.activation_checkpointing()) {
    case v1::ACTIVATION_CHECKPOINTING_UNSPECIFIED:
    case v1::ACTIVATION_CHECKPOINTING_NONE:
      model.activation_checkpointing = ActivationCheckpointing::kNone;
      return Status();
    case v1::ACTIVATION_CHECKPOINTING_FULL:
      model.activation_checkpointing = ActivationCheckpointing::kFull;
      return Status();
    default:
      return Status(Code::kInvalidArgument,
                    "model.activation_checkpointing has the unknown value " +
                        std::to_string(proto.activation_checkpointing()) +
                        ": the sender is newer than this program");
  }
}

}  // namespace descent
