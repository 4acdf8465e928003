#pragma once

#include <cstdint>
#include <string>

#include "common/result.h"
#include "worker/export/checkpoint_model.h"
#include "worker/graph/graph.h"

namespace descent {

// What a message of Protocol Buffers, and so a file of ONNX without others beside it, can hold.
inline constexpr std::int64_t kOnnxBytesMax = 0x7fffffff;

// A model as the bytes of a ModelProto, opset 17: what `descent predict` computes, from the
// samples (onnx_input.h) on, for any number of them at once.
//   logits         f32 [batch, outputs], of a gpt [batch, T, vocabulary]; not of numbers to predict
//   probabilities  f32 [batch, classes]: of classes
//   predictions    f32 [batch, targets]: of numbers to predict
// All in f32, also of a job in mixed precision. metadata_props have job, step and model.json.
//   kInvalidArgument  an op that has no counterpart is named; or it has more than `bytes_max` bytes
Result<std::string> EncodeOnnx(const CheckpointModel& model, std::int64_t bytes_max);

// The part of EncodeOnnx that is about ops: kInvalidArgument, with all names, if ONNX is not to be
// had of some that the graph has in evaluation.
Status CheckOnnxOps(const Graph& graph);

}  // namespace descent
