#pragma once

#include <string>

namespace descent {

struct ExportOptions {
  std::string checkpoint;              // its directory
  std::string format = "safetensors";  // | huggingface | onnx
  std::string output;                  // a file; of huggingface a directory that is not there yet
};

// `descent-worker --export CHECKPOINT`: writes the model in another format. Returns the exit
// status: 0; 2 if the model cannot be had in that format or the output cannot be there; 1 after
// any other error. Errors go to stderr.
int Export(const ExportOptions& options);

}  // namespace descent
