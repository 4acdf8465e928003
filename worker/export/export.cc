#include "worker/export/export.h"

#include <spdlog/fmt/fmt.h>

#include <cstdio>

#include "worker/export/checkpoint_model.h"
#include "worker/export/huggingface_model.h"
#include "worker/export/onnx_model.h"
#include "worker/export/write_model.h"

namespace descent {
namespace {

Status Write(const CheckpointModel& model, const ExportOptions& options) {
  if (options.format == "huggingface") return WriteHuggingFaceModel(model, options.output);
  if (options.format == "safetensors") return WriteSafetensors(options.output, TensorsOf(model));
  DESCENT_ASSIGN(const std::string bytes, EncodeOnnx(model, kOnnxBytesMax));
  return WriteWholeFile(options.output, bytes);
}

// Of texts whose tokenizer the format has no files for.
std::string TokenizerNote(const CheckpointModel& model, const std::string& format) {
  const std::optional<Vocabulary>& vocabulary = model.description.vocabulary;
  if (format != "huggingface" || !vocabulary || vocabulary->byte_pair_tables() != nullptr)
    return "";
  return "\n  without a tokenizer: that of its job is byte or char, which model.json of the "
         "checkpoint tells";
}

std::string HowToOpen(const ExportOptions& options) {
  if (options.format == "huggingface")
    return fmt::format("transformers.GPT2LMHeadModel.from_pretrained(\"{}\")", options.output);
  if (options.format == "onnx")
    return fmt::format("onnxruntime.InferenceSession(\"{}\")", options.output);
  return fmt::format("safetensors.numpy.load_file(\"{}\")", options.output);
}

}  // namespace

int Export(const ExportOptions& options) {
  const Result<CheckpointModel> model = ReadCheckpointModel(options.checkpoint);
  Status status = model.status();
  if (status.ok()) status = Write(model.value(), options);
  if (!status.ok()) {
    std::fprintf(stderr, "error: %s\n", status.message().c_str());
    return status.code() == Code::kInvalidArgument ? 2 : 1;
  }
  std::fprintf(stderr, "wrote %s%s\n  open it:  %s\n", options.output.c_str(),
               TokenizerNote(model.value(), options.format).c_str(), HowToOpen(options).c_str());
  return 0;
}

}  // namespace descent
