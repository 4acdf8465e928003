#pragma once

#include "common/gpt_spec.h"
#include "worker/export/checkpoint_model.h"

namespace descent {

// Models that have learned nothing: their parameters are a function of the seed.
CheckpointModel InitialModel(const ModelDescription& description);

GptSpec TinyGpt();                                   // with 8 tokens of context
ModelDescription DescriptionOf(const GptSpec& gpt);  // over five characters
ModelDescription DescriptionOf(const MlpSpec& mlp);  // from six features to three classes

}  // namespace descent
