#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/result.h"
#include "worker/export/checkpoint_model.h"

namespace descent {

// A GPT as a directory that transformers.GPT2LMHeadModel.from_pretrained opens:
//   config.json, model.safetensors   names and layout as models/huggingface_gpt2.h says
//   vocab.json, merges.txt, tokenizer_config.json   of a job with the tokenizer gpt2
// Blocks.
//   kInvalidArgument  the model is no GPT, or GPT-2's class has none like it; or the directory is
//                     there already
Status WriteHuggingFaceModel(const CheckpointModel& model, const std::filesystem::path& directory);

}  // namespace descent
