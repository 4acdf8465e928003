#pragma once

#include "common/gpt_spec.h"
#include "common/result.h"
#include "descent/v1/job_spec.pb.h"

namespace descent {

// The part of wire.h that is about model.gpt.
void SetGpt(const GptSpec& gpt, v1::GptSpec& proto);
Result<GptSpec> GptFromProto(const v1::GptSpec& proto);

}  // namespace descent
