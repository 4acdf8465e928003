#include "proto/data_wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace descent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What arrives of a spec that is sent.
DataSpec Received(const DataSpec& sent) {
  v1::DataSpec proto;
  SetData(sent, proto);
  return DataFromProto(proto).value();
}

TEST(DataWireTest, EveryFormatComesBackAsItWent) {
  for (const DataFormat format : {DataFormat::kIdx, DataFormat::kText, DataFormat::kTokens,
                                  DataFormat::kImages, DataFormat::kCifar10, DataFormat::kCifar100})
    EXPECT_EQ(Received({.train = {.path = "/data", .format = format}}).train.format, format);
}

TEST(DataWireTest, EveryTokenizerComesBackAsItWent) {
  for (const std::optional<Tokenizer> tokenizer :
       {std::optional<Tokenizer>(), std::optional(Tokenizer::kByte),
        std::optional(Tokenizer::kChar), std::optional(Tokenizer::kGpt2)})
    EXPECT_EQ(Received({.tokenizer = tokenizer}).tokenizer, tokenizer);
}

TEST(DataWireTest, WhatIsSaidOfTokensComesBackAsItWent) {
  const DataSpec received = Received({.vocabulary = {.vocab = "/vocab.json",
                                                     .merges = "/merges.txt",
                                                     .size = 50304,
                                                     .dtype = TokenType::kUint32}});

  EXPECT_EQ(received.vocabulary.vocab, "/vocab.json");
  EXPECT_EQ(received.vocabulary.merges, "/merges.txt");
  EXPECT_EQ(received.vocabulary.size, 50304);
  EXPECT_EQ(received.vocabulary.dtype, TokenType::kUint32);
  EXPECT_EQ(Received({}).vocabulary.dtype, std::nullopt);
}

TEST(DataWireTest, WhatIsSaidOfImagesComesBackAsItWent) {
  const DataSpec received =
      Received({.normalize = {.mean = {0.1, 0.2, 0.3}, .std = {0.4, 0.5, 0.6}},
                .images = {.channels = 1,
                           .size = {32, 48},
                           .labels = ImageLabels::kCoarse,
                           .classes = {"b", "a"}},
                .augment = {.crop_padding = 4, .horizontal_flip = 0.5}});

  EXPECT_THAT(received.normalize.mean, ElementsAre(0.1, 0.2, 0.3));
  EXPECT_THAT(received.normalize.std, ElementsAre(0.4, 0.5, 0.6));
  EXPECT_EQ(received.images.channels, 1);
  EXPECT_THAT(received.images.size, ElementsAre(32, 48));
  EXPECT_EQ(received.images.labels, ImageLabels::kCoarse);
  EXPECT_THAT(received.images.classes, ElementsAre("b", "a"));
  EXPECT_EQ(received.augment.crop_padding, 4);
  EXPECT_EQ(received.augment.horizontal_flip, 0.5);
}

TEST(DataWireTest, AValueOfANewerSenderIsRefused) {
  v1::DataSpec proto;
  SetData({}, proto);
  proto.set_tokenizer(static_cast<v1::Tokenizer>(99999));

  EXPECT_THAT(DataFromProto(proto).status().message(),
              HasSubstr("data.tokenizer has the unknown value 99999"));
}

}  // namespace
}  // namespace descent
