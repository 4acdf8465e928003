#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "common/job_spec.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

JobSpec SpecOf(const DatasetSpec& train) {
  JobSpec spec;
  spec.name = "table";
  spec.model.architecture = MlpSpec{};
  spec.data.train = train;
  spec.batch.global = 8;
  spec.epochs = 1;
  return WithDefaults(spec);
}

JobSpec TableJob() {
  JobSpec spec = SpecOf({.path = "/t.csv", .format = DataFormat::kCsv});
  spec.data.table.label = "kind";
  return spec;
}

JobSpec SyntheticJob() { return SpecOf({.format = DataFormat::kSynthetic, .samples = 100}); }

std::vector<std::string> DataFieldsOf(const JobSpec& spec) {
  std::vector<std::string> fields;
  for (const Violation& violation : ValidateJobSpec(spec)) fields.push_back(violation.field);
  return fields;
}

TEST(CheckDataTest, EachFormatHasAValidJob) {
  EXPECT_THAT(ValidateJobSpec(TableJob()), IsEmpty());
  EXPECT_THAT(ValidateJobSpec(SyntheticJob()), IsEmpty());
  EXPECT_THAT(
      ValidateJobSpec(SpecOf({.path = "/x.npy", .format = DataFormat::kNpy, .targets = "/y.npy"})),
      IsEmpty());
  EXPECT_THAT(ValidateJobSpec(SpecOf(
                  {.path = "/d.npz", .format = DataFormat::kNpz, .features = "x", .labels = "y"})),
              IsEmpty());
}

TEST(CheckDataTest, FieldsOfOtherFormatsAreRefusedByTheirOwners) {
  JobSpec spec = TableJob();
  spec.data.train.labels = "/y.npy";
  spec.data.train.samples = 5;

  EXPECT_THAT(ValidateJobSpec(spec),
              UnorderedElementsAre(
                  Violation{"data.train.labels", "given, must be absent, as it is of npy, npz"},
                  Violation{"data.train.samples", "given, must be absent, as it is of synthetic"}));
}

TEST(CheckDataTest, ArraysHaveLabelsOrTargets) {
  EXPECT_THAT(DataFieldsOf(SpecOf({.path = "/d.npz", .format = DataFormat::kNpz})),
              UnorderedElementsAre("data.train", "data.train.features"));
}

TEST(CheckDataTest, SplitsHaveTheFormatOfTraining) {
  JobSpec spec = SyntheticJob();
  spec.data.test = DatasetSpec{.path = "/test", .format = DataFormat::kIdx};

  EXPECT_THAT(
      ValidateJobSpec(spec),
      ElementsAre(Violation{"data.test.format", "idx, must be synthetic, like data.train"}));
}

TEST(CheckDataTest, ASplitCanBeTakenOutOfTraining) {
  JobSpec spec = TableJob();
  spec.data.validation = DatasetSpec{.train_fraction = 0.1};

  EXPECT_THAT(ValidateJobSpec(spec), IsEmpty());
}

TEST(CheckDataTest, ASplitThatIsTakenOutHasNothingElse) {
  JobSpec spec = TableJob();
  spec.data.validation = DatasetSpec{.path = "/v.csv", .samples = 3, .train_fraction = 1};
  spec.data.test = DatasetSpec{.train_fraction = NAN};

  EXPECT_THAT(DataFieldsOf(spec),
              UnorderedElementsAre("data.validation.train_fraction", "data.validation.path",
                                   "data.validation.samples", "data.test.train_fraction",
                                   "data.test.train_fraction"));
}

TEST(CheckDataTest, TrainingItselfIsNotTakenOut) {
  JobSpec spec = TableJob();
  spec.data.train.train_fraction = 0.5;

  EXPECT_THAT(DataFieldsOf(spec), ElementsAre("data.train.train_fraction"));
}

TEST(CheckDataTest, SplitsThatLeaveNothingAreRefused) {
  JobSpec spec = TableJob();
  spec.data.validation = DatasetSpec{.train_fraction = 0.5};
  spec.data.test = DatasetSpec{.train_fraction = 0.5};

  EXPECT_THAT(ValidateJobSpec(spec),
              ElementsAre(Violation{"data.test.train_fraction",
                                    "1 with that of validation, must be below 1 together"}));
}

TEST(CheckDataTest, ATableLearnsALabelOrTargets) {
  JobSpec spec = TableJob();
  spec.data.table.targets = {"age"};

  EXPECT_THAT(
      ValidateJobSpec(spec),
      ElementsAre(Violation{"data.table",
                            "label and targets, must be one of them: the column of classes, "
                            "or those of numbers to predict"}));
}

TEST(CheckDataTest, EveryFieldOfATableIsCheckedAtOnce) {
  JobSpec spec = TableJob();
  spec.data.table.delimiter = "\"";
  spec.data.table.columns = {"a", "a", "kind"};
  spec.data.table.ignore = {"kind"};
  spec.data.table.categories = {{.column = "b", .values = {}}};
  spec.data.table.classes = {"x", "x"};
  spec.data.table.fill = {NAN};

  EXPECT_THAT(
      DataFieldsOf(spec),
      UnorderedElementsAre("data.table.delimiter", "data.table.columns", "data.table.columns",
                           "data.table.columns", "data.table.ignore",
                           "data.table.categories[0].column", "data.table.categories[0].values",
                           "data.table.classes", "data.table.fill", "data.table.fill"));
}

TEST(CheckDataTest, EveryFieldOfSyntheticSamplesIsCheckedAtOnce) {
  JobSpec spec = SyntheticJob();
  spec.data.train.path = "/here";
  spec.data.train.samples = 0;
  spec.data.synthetic = {
      .kind = SyntheticKind::kSpirals, .features = 3, .classes = -1, .targets = 1, .noise = -1};
  spec.data.shuffle.block = 0;

  EXPECT_THAT(
      DataFieldsOf(spec),
      UnorderedElementsAre("data.train.path", "data.train.samples", "data.synthetic.features",
                           "data.synthetic.classes", "data.synthetic.targets",
                           "data.synthetic.noise", "data.shuffle_block"));
}

TEST(CheckDataTest, NumbersOfTheTrainingSetAreNotDeclaredAsWell) {
  JobSpec spec = TableJob();
  spec.data.normalize = {.mean = {1}, .std = {2}, .from = NormalizeFrom::kTrainingSet};

  EXPECT_THAT(DataFieldsOf(spec), ElementsAre("data.normalize.from"));
}

}  // namespace
}  // namespace descent
