#include "checkpoint/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <span>

namespace descent {
namespace {

using testing::HasSubstr;

Manifest TinyManifest() {
  return {.description = {.job = "tiny-1",
                          .step = 120,
                          .epoch = 2,
                          .generation = 3,
                          .seed = 0xffffffffffffffff,
                          .global_batch = 256,
                          .logical_workers = 4,
                          .optimizer_steps = 120,
                          .instruction_set = "avx2",
                          .version = "0.1.0"},
          .state_digest = {.high = 1, .low = 2},
          .files = {{.name = "model.safetensors",
                     .bytes = 10,
                     .digest = {.high = 3, .low = 4},
                     .chunks = {{.high = 5, .low = 6}}},
                    {.name = "optimizer.safetensors", .bytes = 0, .digest = {.high = 7, .low = 8}},
                    {.name = "model.json", .bytes = 5, .digest = {.high = 9, .low = 10}}}};
}

TEST(ManifestTest, RoundTripKeepsEverything) {
  const Result<Manifest> decoded = DecodeManifest(EncodeManifest(TinyManifest()));

  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded.value(), TinyManifest());
}

TEST(ManifestTest, RoundTripKeepsTheOptimizer) {
  Manifest manifest = TinyManifest();
  manifest.description.optimizer = "sgd with momentum and ema";

  EXPECT_EQ(DecodeManifest(EncodeManifest(manifest)).value(), manifest);
}

TEST(ManifestTest, RoundTripKeepsEveryBitOfTheEarlyStoppingState) {
  Manifest manifest = TinyManifest();
  manifest.description.early_stopping = {
      .best = 0.1 + 0.2, .best_step = 80, .evaluations_without_improvement = 2, .last_step = 120};

  const Result<Manifest> decoded = DecodeManifest(EncodeManifest(manifest));

  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded.value(), manifest);
}

TEST(ManifestTest, RoundTripKeepsAnEarlyStoppingStateWithoutABest) {
  Manifest manifest = TinyManifest();
  manifest.description.early_stopping = {.evaluations_without_improvement = 1, .last_step = 120};

  EXPECT_EQ(DecodeManifest(EncodeManifest(manifest)).value(), manifest);
}

TEST(ManifestTest, RoundTripKeepsHowManyStepsWereNotFinite) {
  Manifest manifest = TinyManifest();
  manifest.description.nonfinite_steps_in_a_row = 3;

  EXPECT_EQ(DecodeManifest(EncodeManifest(manifest)).value(), manifest);
}

TEST(ManifestTest, RoundTripKeepsEveryBitOfTheGradientNoise) {
  Manifest manifest = TinyManifest();
  manifest.description.noise = {.mean = {.signal = -(0.1 + 0.2), .noise = 5}, .steps = 120};

  const Result<Manifest> decoded = DecodeManifest(EncodeManifest(manifest));

  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded.value(), manifest);
}

TEST(ManifestTest, EveryFlippedBitIsDataLoss) {
  const std::string text = EncodeManifest(TinyManifest());
  for (std::size_t bit = 0; bit < 8 * text.size(); ++bit) {
    std::string flipped = text;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    EXPECT_EQ(DecodeManifest(flipped).status().code(), Code::kDataLoss) << "bit " << bit;
  }
}

// The parser needs no stack for nesting, but writing such a value out does.
TEST(ManifestTest, AFormatThatIsADeeplyNestedListIsDataLoss) {
  const std::string depth(1'000'000, '[');

  const Status status =
      DecodeManifest("{\"format\": " + depth + std::string(depth.size(), ']') + "}").status();

  EXPECT_EQ(status.code(), Code::kDataLoss);
  EXPECT_EQ(status.message(), "the manifest has format array, must have one from 2 to 3");
}

TEST(ManifestTest, EveryTruncationIsDataLoss) {
  const std::string text = EncodeManifest(TinyManifest());
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_EQ(DecodeManifest(text.substr(0, size)).status().code(), Code::kDataLoss)
        << "size " << size;
}

TEST(ManifestTest, AnotherFormatIsNamed) {
  EXPECT_THAT(DecodeManifest(R"({"format": 1})").status().message(),
              HasSubstr("format 1, must have one from 2 to 3"));
}

// What a later program may write, with the digest that it has in every format.
std::string ManifestOfFormat(int format) {
  nlohmann::ordered_json json = nlohmann::ordered_json::parse(EncodeManifest(TinyManifest()));
  json.erase("manifest_digest");
  json["format"] = format;
  json["momentum_of_the_moon"] = 0.5;
  const std::string body = json.dump();
  json["manifest_digest"] = Hash(std::as_bytes(std::span(body))).ToHex();
  return json.dump(2) + "\n";
}

TEST(ManifestTest, AWholeOneOfAFormatThatIsNotKnownIsNotTakenForDamaged) {
  const Status status = DecodeManifest(ManifestOfFormat(4)).status();

  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("format 4"));
}

TEST(ManifestTest, ADamagedOneOfAFormatThatIsNotKnownIsDataLoss) {
  std::string text = ManifestOfFormat(4);
  text[text.find("tiny-1")] = 'T';

  EXPECT_EQ(DecodeManifest(text).status().code(), Code::kDataLoss);
}

TEST(ManifestTest, OnlyAFieldThatOlderProgramsDoNotKnowHasANewFormat) {
  Manifest manifest = TinyManifest();
  EXPECT_THAT(EncodeManifest(manifest), HasSubstr("\"format\": 2,"));

  manifest.description.noise = {.mean = {.signal = 1, .noise = 5}, .steps = 120};

  EXPECT_THAT(EncodeManifest(manifest), HasSubstr("\"format\": 3,"));
}

TEST(ManifestTest, FilesOutsideTheCheckpointAreRefused) {
  Manifest manifest = TinyManifest();
  manifest.files[0].name = "../../model.safetensors";

  EXPECT_EQ(DecodeManifest(EncodeManifest(manifest)).status().code(), Code::kDataLoss);
}

}  // namespace
}  // namespace descent
