#pragma once

#include <string>

#include "worker/checkpoint/model_description.h"
#include "worker/export/onnx_builder.h"

namespace descent {

// Declares what the model is asked about, and appends what a job does to it before its model gets
// it; the name of the result, which is the model's input port.
//   tokens    int64 [batch, T]
//   features  f32 [batch, F], or [batch, C, H, W] of images, before normalize and before values
//             that are missing (NaN) are filled in
std::string AppendOnnxInput(OnnxBuilder& builder, const ModelDescription& description);

}  // namespace descent
