#pragma once

#include "common/job_spec.h"
#include "common/result.h"
#include "descent/v1/job_spec.pb.h"

namespace descent {

// The part of wire.h that is about what becomes of a model's activations.
void SetActivationCheckpointing(const ModelSpec& model, v1::ModelSpec& proto);
Status SetActivationCheckpointing(const v1::ModelSpec& proto, ModelSpec& model);

}  // namespace descent
