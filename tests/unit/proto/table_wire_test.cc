#include "proto/table_wire.h"

#include <gtest/gtest.h>

#include "proto/data_wire.h"

namespace descent {
namespace {

TEST(TableWireTest, ATableComesBackAsItWent) {
  DataSpec data;
  data.train = {.path = "/t.csv", .format = DataFormat::kCsv};
  data.validation = DatasetSpec{.train_fraction = 0.25};
  data.normalize = {.mean = {1, 2}, .std = {3, 4}};
  data.table = {.has_header = false,
                .delimiter = ";",
                .targets = {"1", "2"},
                .label = "kind",
                .columns = {"3"},
                .ignore = {"4"},
                .categorical = {"5"},
                .categories = {{.column = "5", .values = {"a", "b"}}},
                .classes = {"x", "y"},
                .missing = MissingPolicy::kDropRow,
                .fill = {0.5},
                .missing_words = {"-"}};
  v1::DataSpec sent;

  SetData(data, sent);
  const DataSpec received = DataFromProto(sent).value();

  EXPECT_EQ(received.train.format, DataFormat::kCsv);
  EXPECT_EQ(received.validation->train_fraction, 0.25);
  EXPECT_EQ(received.normalize, data.normalize);
  EXPECT_EQ(received.table, data.table);
}

TEST(TableWireTest, SyntheticSamplesComeBackAsTheyWent) {
  DataSpec data;
  data.train = {.format = DataFormat::kSynthetic, .samples = 100};
  data.synthetic = {
      .kind = SyntheticKind::kLinear, .features = 3, .targets = 2, .noise = 0.5, .seed = 7};
  data.shuffle = {.mode = Shuffle::kBlock, .block = 16};
  v1::DataSpec sent;

  SetData(data, sent);
  const DataSpec received = DataFromProto(sent).value();

  EXPECT_EQ(received.train.samples, 100);
  EXPECT_EQ(received.synthetic, data.synthetic);
  EXPECT_EQ(received.shuffle, data.shuffle);
}

TEST(TableWireTest, ArraysComeBackAsTheyWent) {
  DataSpec data;
  data.train = {
      .path = "/d.npz", .format = DataFormat::kNpz, .features = "x", .labels = "y", .targets = "z"};
  data.array_shape = ArrayShape::kImage;
  data.normalize.from = NormalizeFrom::kTrainingSet;
  v1::DataSpec sent;

  SetData(data, sent);
  const DataSpec received = DataFromProto(sent).value();

  EXPECT_EQ(received.train.features, "x");
  EXPECT_EQ(received.train.labels, "y");
  EXPECT_EQ(received.train.targets, "z");
  EXPECT_EQ(received.array_shape, ArrayShape::kImage);
  EXPECT_EQ(received.normalize.from, NormalizeFrom::kTrainingSet);
}

TEST(TableWireTest, WhatIsNotGivenIsTheDefault) {
  const DataSpec received = DataFromProto(v1::DataSpec()).value();

  EXPECT_EQ(received.table, TableSpec());
  EXPECT_EQ(received.synthetic, SyntheticSpec());
  EXPECT_EQ(received.shuffle, ShuffleSpec());
  EXPECT_EQ(received.normalize, NormalizeSpec());
}

TEST(TableWireTest, AChoiceThatIsNotKnownIsRefusedByItsField) {
  v1::DataSpec sent;
  sent.mutable_table()->set_missing(static_cast<v1::Missing>(9));

  EXPECT_EQ(DataFromProto(sent).status().message(),
            "data.table.missing has the unknown value 9: the sender is newer than this program");
}

// The words of the job file are those of the schema, in the order of our enums.
TEST(TableWireTest, EnumsHaveTheSameOrderAsOurs) {
  EXPECT_EQ(v1::SHUFFLE_NONE, static_cast<int>(Shuffle::kNone) + 1);
  EXPECT_EQ(v1::ARRAY_SHAPE_IMAGE, static_cast<int>(ArrayShape::kImage) + 1);
  EXPECT_EQ(v1::MISSING_DROP_ROW, static_cast<int>(MissingPolicy::kDropRow) + 1);
  EXPECT_EQ(v1::SYNTHETIC_KIND_SPIRALS, static_cast<int>(SyntheticKind::kSpirals) + 1);
  EXPECT_EQ(v1::NORMALIZE_FROM_TRAINING_SET, static_cast<int>(NormalizeFrom::kTrainingSet) + 1);
}

}  // namespace
}  // namespace descent
