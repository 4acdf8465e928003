#include "worker/generate/text_generator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_directory.h"
#include "worker/checkpoint/checkpoint_writer.h"
#include "worker/checkpoint/state_digest.h"

namespace descent {
namespace {

using testing::HasSubstr;

// A checkpoint of a model that has learned nothing: its parameters are a function of the seed.
class TextGeneratorTest : public testing::Test {
 protected:
  static ModelDescription Description() {
    GptSpec gpt{.layers = 1, .heads = 2, .embedding_size = 16, .context_length = 8, .dropout = 0.5};
    return {.model = {.architecture = gpt},
            .format = {.feature_count = 0, .token_count = 8, .label_count = 8, .class_count = 5},
            .vocabulary = Vocabulary::CharactersOf({"abcdü"}).value()};
  }

  std::filesystem::path Write(const ModelDescription& description) const {
    ThreadPool pool(1);
    const PlanCache plans =
        PlanCache::Create(Description().model, Description().format, pool).value();
    AlignedBuffer parameters(plans.layout().element_count);
    plans.InitializeParameters(/*seed=*/3, parameters.span());
    // Far from uniform, so that what came before decides.
    for (float& value : parameters.span()) value *= 20;
    std::vector<TensorView> tensors;
    for (const ParameterSlot& slot : plans.layout().slots)
      tensors.push_back({slot.name, slot.shape,
                         parameters.span().subspan(static_cast<std::size_t>(slot.offset),
                                                   static_cast<std::size_t>(slot.size))});
    const CheckpointContents contents{.description = {.job = "tiny", .step = 1},
                                      .model = description,
                                      .state_digest = StateDigest(tensors, {}),
                                      .parameters = tensors,
                                      .optimizer = {}};
    return PublishCheckpoint(directory_.path() / "checkpoints", contents, {}).value().directory;
  }

  struct Wanted {
    std::int64_t tokens = 20;
    SamplingOptions sampling = {};
    int threads = 1;
  };

  // The continuation alone.
  std::string TextOf(const std::string& prompt, const Wanted& wanted) const {
    ThreadPool pool(wanted.threads);
    TextGenerator generator = TextGenerator::Create(Write(Description()), pool).value();
    std::string text;
    const Status status =
        generator.Continue({.prompt = generator.Encode(prompt).value(),
                            .tokens = wanted.tokens,
                            .sampling = wanted.sampling,
                            .take = [&](std::string_view bytes) { text += bytes; }});
    EXPECT_TRUE(status.ok()) << status;
    return text;
  }

  Status RefusalOf(const ModelDescription& description) const {
    ThreadPool pool(1);
    return TextGenerator::Create(Write(description), pool).status();
  }

 private:
  const TemporaryDirectory directory_;
};

TEST_F(TextGeneratorTest, EqualSeedsGiveEqualTextsAndOthersDoNot) {
  const std::string text = TextOf("ab", {.sampling = {.temperature = 100, .seed = 1}});

  EXPECT_EQ(TextOf("ab", {.sampling = {.temperature = 100, .seed = 1}}), text);
  EXPECT_NE(TextOf("ab", {.sampling = {.temperature = 100, .seed = 2}}), text);
}

TEST_F(TextGeneratorTest, ThreadsDoNotChangeTheText) {
  EXPECT_EQ(TextOf("ab", {.threads = 3}), TextOf("ab", {.threads = 1}));
}

TEST_F(TextGeneratorTest, MoreTokensBeginWithTheSameText) {
  const std::string longer = TextOf("ab", {.tokens = 30});

  EXPECT_EQ(longer.substr(0, TextOf("ab", {.tokens = 10}).size()), TextOf("ab", {.tokens = 10}));
}

TEST_F(TextGeneratorTest, WhatLiesBeforeTheContextDoesNotMatter) {
  const Wanted likeliest{.sampling = {.temperature = 0}};

  EXPECT_EQ(TextOf("aaaaaabcdüabcd", likeliest), TextOf("ddddddbcdüabcd", likeliest));
}

TEST_F(TextGeneratorTest, NoTokensAreNoText) { EXPECT_EQ(TextOf("ab", {.tokens = 0}), ""); }

TEST_F(TextGeneratorTest, APromptWithAnUnknownCharacterIsRefused) {
  ThreadPool pool(1);
  const TextGenerator generator = TextGenerator::Create(Write(Description()), pool).value();

  const Status status = generator.Encode("ab\nx").status();

  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("line 1: U+000A (and 1 more), must be one of the 5"));
}

TEST_F(TextGeneratorTest, AnEmptyPromptIsRefused) {
  ThreadPool pool(1);
  const TextGenerator generator = TextGenerator::Create(Write(Description()), pool).value();

  EXPECT_EQ(generator.Encode("").status().code(), Code::kInvalidArgument);
}

TEST_F(TextGeneratorTest, AModelOfImagesIsRefused) {
  ModelDescription images;
  images.format = {.feature_count = 4, .token_count = 0, .label_count = 1, .class_count = 2};

  const Status status = RefusalOf(images);

  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("its model is an mlp, must be a gpt"));
}

TEST_F(TextGeneratorTest, AVocabularyOfAnotherSizeIsRefused) {
  ModelDescription description = Description();
  description.vocabulary = Vocabulary::Bytes();

  EXPECT_EQ(RefusalOf(description).code(), Code::kDataLoss);
}

TEST_F(TextGeneratorTest, AMissingCheckpointIsNotFound) {
  ThreadPool pool(1);

  EXPECT_EQ(TextGenerator::Create("/nowhere/step-1", pool).status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace descent
