#include "worker/checkpoint/model_description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/checkpoint/tiny_checkpoint.h"
#include "worker/data/byte_symbols.h"

namespace descent {
namespace {

using testing::HasSubstr;

ModelDescription MlpDescription() {
  MlpSpec mlp{.hidden_sizes = {512, 256}, .activation = Activation::kGelu, .dropout = 0.1};
  return {.model = {.architecture = mlp},
          .format = {.feature_count = 784, .token_count = 0, .label_count = 1, .class_count = 10},
          .vocabulary = std::nullopt};
}

TEST(ModelDescriptionTest, AGptOverCharactersComesBack) {
  const ModelDescription decoded =
      DecodeModelDescription(EncodeModelDescription(TinyDescription())).value();

  const auto& gpt = std::get<GptSpec>(decoded.model.architecture);
  EXPECT_EQ(gpt.layers, 2);
  EXPECT_EQ(gpt.heads, 2);
  EXPECT_EQ(gpt.embedding_size, 6);
  EXPECT_EQ(gpt.context_length, 8);
  EXPECT_EQ(gpt.dropout, 0.1);
  EXPECT_EQ(decoded.format, TinyDescription().format);
  EXPECT_EQ(decoded.vocabulary->characters(), "\n\"bü");
}

TEST(ModelDescriptionTest, AGptOverBytesComesBack) {
  ModelDescription description = TinyDescription();
  description.vocabulary = Vocabulary::Bytes();

  const ModelDescription decoded =
      DecodeModelDescription(EncodeModelDescription(description)).value();

  EXPECT_EQ(decoded.vocabulary, Vocabulary::Bytes());
}

TEST(ModelDescriptionTest, AGptOverBytePairsComesBack) {
  BytePairTables tables;
  for (int byte = 0; byte < 256; ++byte)
    tables.tokens.push_back(SymbolOfByte(static_cast<unsigned char>(byte)));
  tables.tokens.push_back("Ġa");
  tables.merges = {"Ġ a"};
  ModelDescription description = TinyDescription();
  description.vocabulary = Vocabulary(BytePairEncoding::Create(tables).value());

  const ModelDescription decoded =
      DecodeModelDescription(EncodeModelDescription(description)).value();

  EXPECT_EQ(decoded.vocabulary, description.vocabulary);
}

TEST(ModelDescriptionTest, AMergeThatTheVocabularyLacksIsDamage) {
  BytePairTables tables;
  for (int byte = 0; byte < 256; ++byte)
    tables.tokens.push_back(SymbolOfByte(static_cast<unsigned char>(byte)));
  ModelDescription description = TinyDescription();
  description.vocabulary = Vocabulary(BytePairEncoding::Create(tables).value());
  std::string text = EncodeModelDescription(description);
  text.replace(text.find("\"merges\": []"), 12, "\"merges\": [\"a b\"]");

  const Status status = DecodeModelDescription(text).status();

  EXPECT_EQ(status.code(), Code::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("\"ab\" is no token of the vocabulary"));
}

TEST(ModelDescriptionTest, AnMlpComesBack) {
  const ModelDescription decoded =
      DecodeModelDescription(EncodeModelDescription(MlpDescription())).value();

  const auto& mlp = std::get<MlpSpec>(decoded.model.architecture);
  EXPECT_EQ(mlp.hidden_sizes, (std::vector<std::int64_t>{512, 256}));
  EXPECT_EQ(mlp.activation, Activation::kGelu);
  EXPECT_EQ(mlp.dropout, 0.1);
  EXPECT_EQ(decoded.format, MlpDescription().format);
  EXPECT_FALSE(decoded.vocabulary.has_value());
}

TEST(ModelDescriptionTest, HowFeaturesComeOutOfATableComesBack) {
  ModelDescription description = MlpDescription();
  description.format.class_count = 2;
  description.data = DataSpec{.train = {.format = DataFormat::kCsv},
                              .normalize = {.mean = {0.1, 2}, .std = {1, 1e-3}},
                              .table = {.label = "kind",
                                        .columns = {"x", "c"},
                                        .categorical = {"c"},
                                        .categories = {{.column = "c", .values = {"a", "ä\"\n"}}},
                                        .classes = {"no", "yes"},
                                        .missing = MissingPolicy::kValue,
                                        .fill = {0.25, 0, 0}}};

  const ModelDescription decoded =
      DecodeModelDescription(EncodeModelDescription(description)).value();

  EXPECT_EQ(decoded.data->train.format, DataFormat::kCsv);
  EXPECT_EQ(decoded.data->normalize, description.data->normalize);
  EXPECT_EQ(decoded.data->table, description.data->table);
}

TEST(ModelDescriptionTest, TheShapeOfAnImageComesBack) {
  ModelDescription description = MlpDescription();
  description.format.image = ImageShape{.channels = 1, .height = 56, .width = 14};

  const std::string text = EncodeModelDescription(description);

  EXPECT_EQ(DecodeModelDescription(text).value().format, description.format);
}

TEST(ModelDescriptionTest, AModelOfNumbersComesBack) {
  ModelDescription description = MlpDescription();
  description.model.loss = Loss::kHuber;
  description.model.huber_delta = 0.5;
  description.format = {.feature_count = 7, .label_count = 0, .target_count = 3};

  const ModelDescription decoded =
      DecodeModelDescription(EncodeModelDescription(description)).value();

  EXPECT_EQ(decoded.model.loss, Loss::kHuber);
  EXPECT_EQ(decoded.model.huber_delta, 0.5);
  EXPECT_EQ(decoded.format, description.format);
}

TEST(ModelDescriptionTest, AGptThatIsNotGpt2sComesBack) {
  ModelDescription description = TinyDescription();
  auto& gpt = std::get<GptSpec>(description.model.architecture);
  gpt.embedding_size = 8;  // of an even size for each head, as rotary positions ask for
  gpt.feed_forward_size = 20;
  gpt.positions = GptPositions::kRotary;
  gpt.activation = GptActivation::kGeluTanh;
  gpt.norm = GptNorm::kRmsNorm;
  gpt.head = GptHead::kUntied;
  gpt.biases = GptBiases::kNone;

  const ModelDescription decoded =
      DecodeModelDescription(EncodeModelDescription(description)).value();

  EXPECT_EQ(std::get<GptSpec>(decoded.model.architecture), gpt);
}

TEST(ModelDescriptionTest, BothRegressionsComeBack) {
  ModelDescription description = MlpDescription();
  description.model = {.architecture = LogisticRegressionSpec{}, .label_smoothing = 0.25};
  const ModelSpec logistic =
      DecodeModelDescription(EncodeModelDescription(description)).value().model;
  EXPECT_TRUE(std::holds_alternative<LogisticRegressionSpec>(logistic.architecture));
  EXPECT_EQ(logistic.label_smoothing, 0.25);

  description.model = {.architecture = LinearRegressionSpec{}, .loss = Loss::kMse};
  const ModelSpec linear =
      DecodeModelDescription(EncodeModelDescription(description)).value().model;
  EXPECT_TRUE(std::holds_alternative<LinearRegressionSpec>(linear.architecture));
}

TEST(ModelDescriptionTest, TheLabelThatIsIgnoredComesBack) {
  ModelDescription description = MlpDescription();
  description.model.ignore_index = -100;

  const ModelSpec model = DecodeModelDescription(EncodeModelDescription(description)).value().model;

  EXPECT_EQ(model.ignore_index, -100);
}

TEST(ModelDescriptionTest, LayersAndAResnetComeBack) {
  const ConvnetSpec convnet = {.layers = {{.channels = 8, .pool = 2}}, .batch_norm = true};
  ModelDescription description = MlpDescription();
  description.model.architecture = convnet;
  const ModelSpec layers =
      DecodeModelDescription(EncodeModelDescription(description)).value().model;
  EXPECT_EQ(std::get<LayersSpec>(layers.architecture), LayersOf(convnet));

  const ResnetSpec resnet = {.depth = 34, .stem = ResnetStem::kImagenet, .width = 16};
  description.model.architecture = resnet;
  const ModelSpec found = DecodeModelDescription(EncodeModelDescription(description)).value().model;
  EXPECT_EQ(std::get<ResnetSpec>(found.architecture), resnet);
}

TEST(ModelDescriptionTest, TextThatIsNoJsonIsDataLoss) {
  EXPECT_EQ(DecodeModelDescription("{").status().code(), Code::kDataLoss);
}

// The parser needs no stack for nesting, but what walks through a value does.
TEST(ModelDescriptionTest, DataThatIsADeeplyNestedListIsDataLoss) {
  const std::string depth(1'000'000, '[');
  ModelDescription description = MlpDescription();
  description.data = DataSpec{.table = {.label = "kind"}};
  std::string text = EncodeModelDescription(description);
  text.replace(text.find("\"kind\""), 6, depth + std::string(depth.size(), ']'));

  EXPECT_EQ(DecodeModelDescription(text).status().code(), Code::kDataLoss);
}

TEST(ModelDescriptionTest, AMissingFieldIsNamed) {
  EXPECT_THAT(DecodeModelDescription(R"({"model": {"gpt": {"layers": 2}}})").status().message(),
              HasSubstr("heads"));
}

TEST(ModelDescriptionTest, AnUnknownValueIsDataLoss) {
  std::string text = EncodeModelDescription(MlpDescription());
  text.replace(text.find("\"gelu\""), 6, "\"silu\"");

  EXPECT_EQ(DecodeModelDescription(text).status().code(), Code::kDataLoss);
}

// Of one that is as this version writes it.
std::string ForgeryProblem(const ModelDescription& description) {
  const Status status = DecodeModelDescription(EncodeModelDescription(description)).status();
  EXPECT_EQ(status.code(), Code::kDataLoss);
  return status.message();
}

TEST(ModelDescriptionTest, AModelThatThereCannotBeIsDamage) {
  ModelDescription description = MlpDescription();
  std::get<MlpSpec>(description.model.architecture).hidden_sizes = {0};
  EXPECT_THAT(ForgeryProblem(description),
              HasSubstr("model.mlp.hidden_sizes[0]: 0, must be at least 1"));

  description = TinyDescription();
  std::get<GptSpec>(description.model.architecture).heads = 0;
  EXPECT_THAT(ForgeryProblem(description), HasSubstr("model.gpt.heads: 0, must be at least 1"));
}

TEST(ModelDescriptionTest, ASampleThatThereCannotBeIsDamage) {
  ModelDescription description = MlpDescription();
  description.format.class_count = 0;
  EXPECT_THAT(ForgeryProblem(description), HasSubstr("sample.classes: 0, must be at least 1"));

  description = MlpDescription();
  description.format.label_count = 2;
  EXPECT_THAT(ForgeryProblem(description), HasSubstr("sample.labels: 2, must be 1"));

  description = MlpDescription();
  description.format.image = ImageShape{.channels = 1, .height = 1 << 30, .width = 1 << 30};
  EXPECT_THAT(ForgeryProblem(description),
              HasSubstr("sample.image[1]: 1073741824, must be at most"));
}

TEST(ModelDescriptionTest, DataThatDoNotSuitTheModelAreDamage) {
  ModelDescription description = MlpDescription();
  description.format.image = ImageShape{.channels = 7, .height = 14, .width = 8};
  description.data = DataSpec{.train = {.format = DataFormat::kIdx}};
  EXPECT_THAT(ForgeryProblem(description),
              HasSubstr("sample.image: 7 channels, must be of 1, with which it is read"));

  description.data = DataSpec{.train = {.format = DataFormat::kCsv},
                              .table = {.label = "kind", .classes = {"no", "yes"}}};
  EXPECT_THAT(ForgeryProblem(description),
              HasSubstr("2 names of classes, must be one for each of the 10 classes"));
}

}  // namespace
}  // namespace descent
