#include "worker/export/huggingface_model.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>
#include <variant>

#include "common/file.h"
#include "worker/export/write_model.h"
#include "worker/models/gpt.h"
#include "worker/models/huggingface_gpt2.h"

namespace descent {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kEndOfText = "<|endoftext|>";

const BytePairTables* TablesOf(const ModelDescription& description) {
  return description.vocabulary ? description.vocabulary->byte_pair_tables() : nullptr;
}

// The token that ends a text, where the vocabulary has GPT-2's.
Json EndOfText(const ModelDescription& description) {
  const BytePairTables* const tables = TablesOf(description);
  if (tables == nullptr) return nullptr;
  const auto found = std::ranges::find(tables->tokens, kEndOfText);
  if (found == tables->tokens.end()) return nullptr;
  return found - tables->tokens.begin();
}

Json ConfigOf(const GptSpec& gpt, const ModelDescription& description) {
  const Json end = EndOfText(description);
  Json config = {{"architectures", Json::array({"GPT2LMHeadModel"})},
                 {"model_type", "gpt2"},
                 {"n_layer", gpt.layers},
                 {"n_head", gpt.heads},
                 {"n_embd", gpt.embedding_size},
                 {"n_positions", gpt.context_length},
                 {"n_ctx", gpt.context_length},
                 {"n_inner", FeedForwardSizeOf(gpt)},
                 {"vocab_size", description.format.class_count},
                 {"activation_function", HuggingFaceActivation(gpt.activation)},
                 {"layer_norm_epsilon", kGptEpsilon},
                 {"scale_attn_weights", true},
                 {"tie_word_embeddings", gpt.head == GptHead::kTied}};
  for (const char* dropout : {"attn_pdrop", "embd_pdrop", "resid_pdrop"})
    config[dropout] = gpt.dropout;
  config["bos_token_id"] = end;
  config["eos_token_id"] = end;
  config["torch_dtype"] = "float32";
  return config;
}

// [rows, columns] as [columns, rows].
std::vector<float> Transposed(std::span<const float> values, std::size_t rows,
                              std::size_t columns) {
  std::vector<float> transposed(values.size());
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t column = 0; column < columns; ++column)
      transposed[column * rows + row] = values[row * columns + column];
  return transposed;
}

Status WriteWeights(const CheckpointModel& model, const std::filesystem::path& file) {
  std::vector<TensorView> tensors = TensorsOf(model);
  std::vector<std::vector<float>> transposed;  // what some of the tensors look into
  for (TensorView& tensor : tensors) {
    if (!IsTransposedInHuggingFace(tensor.name)) continue;
    transposed.push_back(Transposed(tensor.values, static_cast<std::size_t>(tensor.shape[0]),
                                    static_cast<std::size_t>(tensor.shape[1])));
    tensor.values = transposed.back();
    std::swap(tensor.shape[0], tensor.shape[1]);
  }
  return WriteSafetensors(file, tensors);
}

template <typename AnyJson>
Status WriteJson(const std::filesystem::path& file, const AnyJson& json) {
  return WriteNewFile(file, std::string_view(json.dump(2) + "\n"));
}

Status WriteTokenizer(const BytePairTables& tables, std::int64_t context_length,
                      const std::filesystem::path& directory) {
  nlohmann::json numbers = nlohmann::json::object();  // the ordered kind is slow where it is large
  for (std::size_t i = 0; i < tables.tokens.size(); ++i) numbers[tables.tokens[i]] = i;
  std::string merges = "#version: 0.2\n";
  for (const std::string& merge : tables.merges) merges += merge + "\n";
  DESCENT_RETURN_IF_ERROR(WriteJson(directory / "vocab.json", numbers));
  DESCENT_RETURN_IF_ERROR(WriteNewFile(directory / "merges.txt", std::string_view(merges)));
  const Json config = {{"tokenizer_class", "GPT2Tokenizer"}, {"model_max_length", context_length}};
  return WriteJson(directory / "tokenizer_config.json", config);
}

}  // namespace

Status WriteHuggingFaceModel(const CheckpointModel& model, const std::filesystem::path& directory) {
  const auto* const gpt = std::get_if<GptSpec>(&model.description.model.architecture);
  if (gpt == nullptr)
    return Status(Code::kInvalidArgument,
                  "the model is no gpt, must be one to become Hugging Face's GPT-2");
  DESCENT_RETURN_IF_ERROR(CheckIsGpt2(*gpt));
  return WriteWholeDirectory(directory, [&](const std::filesystem::path& part) -> Status {
    DESCENT_RETURN_IF_ERROR(WriteJson(part / "config.json", ConfigOf(*gpt, model.description)));
    DESCENT_RETURN_IF_ERROR(WriteWeights(model, part / "model.safetensors"));
    const BytePairTables* const tables = TablesOf(model.description);
    if (tables == nullptr) return Status();
    return WriteTokenizer(*tables, gpt->context_length, part);
  });
}

}  // namespace descent
