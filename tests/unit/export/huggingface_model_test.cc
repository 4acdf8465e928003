#include "worker/export/huggingface_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "common/file.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/export/exported_model.h"
#include "worker/checkpoint/safetensors.h"
#include "worker/data/byte_symbols.h"
#include "worker/models/huggingface_gpt2.h"

namespace descent {
namespace {

using testing::HasSubstr;

struct Tensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

class HuggingFaceModelTest : public testing::Test {
 protected:
  std::filesystem::path Path() const { return directory_.path() / "gpt2"; }

  Status Write(const ModelDescription& description) const {
    return WriteHuggingFaceModel(InitialModel(description), Path());
  }

  std::string TextOf(const char* file) const { return ReadFile(Path() / file).value(); }

  nlohmann::json Config() const { return nlohmann::json::parse(TextOf("config.json")); }

  std::map<std::string, Tensor> Tensors() const {
    const std::string bytes = TextOf("model.safetensors");
    std::map<std::string, Tensor> tensors;
    for (const SafetensorsEntry& entry :
         ParseSafetensors(std::as_bytes(std::span(bytes))).value()) {
      std::vector<float> values(entry.bytes.size() / sizeof(float));
      std::memcpy(values.data(), entry.bytes.data(), entry.bytes.size());
      tensors[entry.name] = {entry.shape, std::move(values)};
    }
    return tensors;
  }

 private:
  const TemporaryDirectory directory_;
};

TEST_F(HuggingFaceModelTest, TheParametersComeBackBitByBit) {
  const CheckpointModel model = InitialModel(DescriptionOf(TinyGpt()));

  ASSERT_TRUE(WriteHuggingFaceModel(model, Path()).ok());

  const std::map<std::string, Tensor> written = Tensors();
  ASSERT_EQ(written.size(), TensorsOf(model).size());
  for (const TensorView& wanted : TensorsOf(model)) {
    const Tensor& found = written.at(wanted.name);
    const bool is_transposed = IsTransposedInHuggingFace(wanted.name);
    const auto columns = static_cast<std::size_t>(wanted.shape.back());
    const std::size_t rows = wanted.values.size() / columns;
    for (std::size_t i = 0; i < wanted.values.size(); ++i) {
      const std::size_t at = is_transposed ? i % columns * rows + i / columns : i;
      ASSERT_EQ(found.values[at], wanted.values[i]) << wanted.name << " " << i;
    }
  }
}

TEST_F(HuggingFaceModelTest, LinearMapsOfLayersAreInByOut) {
  ASSERT_TRUE(Write(DescriptionOf(TinyGpt())).ok());

  const auto tensors = Tensors();
  EXPECT_THAT(tensors.at("transformer.h.1.attn.c_attn.weight").shape, testing::ElementsAre(8, 24));
  EXPECT_THAT(tensors.at("transformer.h.1.mlp.c_fc.weight").shape, testing::ElementsAre(8, 32));
  EXPECT_THAT(tensors.at("transformer.h.0.mlp.c_proj.weight").shape, testing::ElementsAre(32, 8));
  EXPECT_THAT(tensors.at("transformer.wte.weight").shape, testing::ElementsAre(5, 8));
  EXPECT_EQ(tensors.count("lm_head.weight"), 0u);
}

TEST_F(HuggingFaceModelTest, TheConfigurationIsThatOfTheJob) {
  GptSpec gpt = TinyGpt();
  gpt.activation = GptActivation::kGeluTanh;
  gpt.feed_forward_size = 20;
  ASSERT_TRUE(Write(DescriptionOf(gpt)).ok());

  const nlohmann::json config = Config();
  EXPECT_EQ(config.at("model_type").get<std::string>(), "gpt2");
  EXPECT_EQ(config.at("architectures").dump(), "[\"GPT2LMHeadModel\"]");
  EXPECT_EQ(config.at("n_layer").get<int>(), 2);
  EXPECT_EQ(config.at("n_positions").get<int>(), 8);
  EXPECT_EQ(config.at("n_inner").get<int>(), 20);
  EXPECT_EQ(config.at("vocab_size").get<int>(), 5);
  EXPECT_EQ(config.at("activation_function").get<std::string>(), "gelu_new");
  EXPECT_EQ(config.at("attn_pdrop").get<double>(), 0.1);
  EXPECT_TRUE(config.at("tie_word_embeddings").get<bool>());
  EXPECT_TRUE(config.at("eos_token_id").is_null());
}

TEST_F(HuggingFaceModelTest, AnUntiedHeadIsThere) {
  GptSpec gpt = TinyGpt();
  gpt.head = GptHead::kUntied;
  ASSERT_TRUE(Write(DescriptionOf(gpt)).ok());

  EXPECT_FALSE(Config().at("tie_word_embeddings").get<bool>());
  EXPECT_THAT(Tensors().at("lm_head.weight").shape, testing::ElementsAre(5, 8));
}

TEST_F(HuggingFaceModelTest, ByteEncodingsComeWithTheirTables) {
  ModelDescription description = DescriptionOf(TinyGpt());
  BytePairTables tables{.tokens = {}, .merges = {"a b"}};
  for (int byte = 0; byte < 256; ++byte)
    tables.tokens.push_back(SymbolOfByte(static_cast<unsigned char>(byte)));
  tables.tokens.emplace_back("ab");
  tables.tokens.emplace_back("<|endoftext|>");
  description.vocabulary = Vocabulary(BytePairEncoding::Create(tables).value());
  description.format.class_count = description.vocabulary->size();

  ASSERT_TRUE(Write(description).ok());

  const Result<BytePairTables> read =
      ParseBytePairTables(TextOf("vocab.json"), TextOf("merges.txt"));
  EXPECT_EQ(read.value(), tables);
  EXPECT_EQ(Config().at("eos_token_id").get<std::int64_t>(), 257);
}

TEST_F(HuggingFaceModelTest, WhatGpt2CannotBeIsNamed) {
  GptSpec gpt = TinyGpt();
  gpt.positions = GptPositions::kRotary;
  gpt.biases = GptBiases::kNone;

  const Status refused = Write(DescriptionOf(gpt));

  EXPECT_EQ(refused.code(), Code::kInvalidArgument);
  EXPECT_EQ(refused.message(),
            "GPT-2 has no such model: model.gpt.positions is rotary, must be learned; "
            "model.gpt.biases is none, must be all");
  EXPECT_FALSE(std::filesystem::exists(Path()));
}

TEST_F(HuggingFaceModelTest, OtherModelsAreRefused) {
  const Status refused = Write(DescriptionOf(MlpSpec{.hidden_sizes = {4}}));

  EXPECT_EQ(refused.code(), Code::kInvalidArgument);
  EXPECT_THAT(refused.message(), HasSubstr("the model is no gpt"));
}

}  // namespace
}  // namespace descent
