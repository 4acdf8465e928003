#include "proto/activation_checkpointing_wire.h"

#include <string>

#include "proto/enum_wire.h"

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
      return UnknownEnum("model.activation_checkpointing", proto.activation_checkpointing());
  }
}

}  // namespace descent
