#include "proto/gpt_wire.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

TEST(GptWireTest, EveryChoiceComesBackAsItWent) {
  const GptSpec gpt{.preset = "gpt2-small",
                    .layers = 2,
                    .heads = 3,
                    .embedding_size = 12,
                    .context_length = 7,
                    .feed_forward_size = 20,
                    .dropout = 0.5,
                    .positions = GptPositions::kRotary,
                    .activation = GptActivation::kSwiglu,
                    .norm = GptNorm::kRmsNorm,
                    .head = GptHead::kUntied,
                    .biases = GptBiases::kNone};
  v1::GptSpec sent;

  SetGpt(gpt, sent);

  EXPECT_EQ(GptFromProto(sent).value(), gpt);
}

TEST(GptWireTest, WhatIsNotGivenIsGpt2s) {
  EXPECT_EQ(GptFromProto(v1::GptSpec()).value(), GptSpec());
}

TEST(GptWireTest, AChoiceThatIsNotKnownIsRefusedByItsField) {
  v1::GptSpec sent;
  sent.set_norm(static_cast<v1::GptNorm>(7));

  EXPECT_EQ(GptFromProto(sent).status().message(),
            "model.gpt.norm has the unknown value 7: the sender is newer than this program");
}

// The names of the job file are those of the schema, in the same order.
TEST(GptWireTest, TheNamesAreThoseOfTheSchema) {
  const auto expect_names = [](const auto* descriptor, const auto& names) {
    ASSERT_EQ(descriptor->value_count(), static_cast<int>(names.size()) + 1);
    for (std::size_t i = 0; i < names.size(); ++i) {
      std::string name = descriptor->value(static_cast<int>(i) + 1)->name();
      for (char& c : name) c = static_cast<char>(std::tolower(c));
      EXPECT_TRUE(name.ends_with(names[i])) << name;
    }
  };
  expect_names(v1::GptPositions_descriptor(), kGptPositionsNames);
  expect_names(v1::GptActivation_descriptor(), kGptActivationNames);
  expect_names(v1::GptNorm_descriptor(), kGptNormNames);
  expect_names(v1::GptHead_descriptor(), kGptHeadNames);
  expect_names(v1::GptBiases_descriptor(), kGptBiasesNames);
}

}  // namespace
}  // namespace descent
