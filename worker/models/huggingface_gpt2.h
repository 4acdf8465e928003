#pragma once

#include <string_view>

#include "common/gpt_spec.h"
#include "common/status.h"

namespace descent {

// How the class GPT2LMHeadModel of Hugging Face's transformers holds the parameters of a GPT
// (gpt.h). Names are the same. Shapes are too, but for the linear maps of the layers, which it
// holds as [in, out]; a tied head is not there at all. Source: transformers,
// models/gpt2/modeling_gpt2.py and pytorch_utils.py (Conv1D).

// kInvalidArgument: that class has no such GPT. The message names each setting that it lacks.
Status CheckIsGpt2(const GptSpec& gpt);

// Whether it holds the parameter of that name transposed.
bool IsTransposedInHuggingFace(std::string_view parameter);

// What its config.json calls the activation. It must be one of GPT-2's (CheckIsGpt2).
std::string_view HuggingFaceActivation(GptActivation activation);

}  // namespace descent
