#include "worker/data/load_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/temporary_directory.h"
#include "tests/unit/data/dataset_rows.h"
#include "tests/unit/data/idx_writer.h"
#include "tests/unit/data/mutations.h"
#include "worker/data/load_datasets.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kPets[] =
    "name,kind,weight,age\n"
    "Rex,dog,20.5,3\n"
    "Tom,cat,4,5\n"
    "Fido,dog,18,1\n";

class LoadTablesTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_.path() / name; }

  // Of a training file of this text.
  DataSpec SpecOf(const std::string& text, const TableSpec& table) const {
    WriteBytes(Path("train.csv"), text);
    DataSpec spec;
    spec.train = {.path = Path("train.csv"), .format = DataFormat::kCsv};
    spec.table = table;
    return spec;
  }

  void AddValidation(DataSpec& spec, const std::string& text) const {
    WriteBytes(Path("validation.csv"), text);
    spec.validation = DatasetSpec{.path = Path("validation.csv"), .format = DataFormat::kCsv};
  }

  static Result<Datasets> Load(const DataSpec& data) {
    JobSpec spec;
    spec.data = data;
    return LoadDatasets(spec);
  }

  std::string ProblemsOf(const DataSpec& spec) const {
    const Result<Datasets> datasets = Load(spec);
    EXPECT_EQ(datasets.status().code(), Code::kInvalidArgument);
    return datasets.status().message();
  }

 private:
  const TemporaryDirectory directory_;
};

TEST_F(LoadTablesTest, AllColumnsThatNothingElseIsSaidOfAreFeatures) {
  const Datasets datasets =
      Load(SpecOf(kPets, {.targets = {"age"}, .ignore = {"name", "kind"}})).value();

  EXPECT_THAT(FeaturesOf(*datasets.train), ElementsAre(20.5f, 4.0f, 18.0f));
  EXPECT_THAT(TargetsOf(*datasets.train), ElementsAre(3.0f, 5.0f, 1.0f));
}

TEST_F(LoadTablesTest, ColumnsOfFeaturesComeInTheOrderInWhichTheyAreNamed) {
  const Datasets datasets =
      Load(SpecOf(kPets, {.label = "kind", .columns = {"age", "weight"}})).value();

  EXPECT_THAT(FeaturesOf(*datasets.train), ElementsAre(3, 20.5f, 5, 4, 1, 18));
}

TEST_F(LoadTablesTest, LabelsAreTheWordsOfTrainingInTheirOrder) {
  const Datasets datasets = Load(SpecOf(kPets, {.label = "kind", .columns = {"weight"}})).value();

  EXPECT_EQ(datasets.train->format().class_count, 2);
  EXPECT_THAT(LabelsOf(*datasets.train), ElementsAre(1, 0, 1));
  EXPECT_THAT(datasets.table->classes, ElementsAre("cat", "dog"));
}

TEST_F(LoadTablesTest, LabelsThatAreIntegersAreOrderedByValue) {
  const Datasets datasets = Load(SpecOf("x,y\n1,10\n2,9\n3,-1\n", {.label = "y"})).value();

  EXPECT_THAT(datasets.table->classes, ElementsAre("-1", "9", "10"));
  EXPECT_THAT(LabelsOf(*datasets.train), ElementsAre(2, 1, 0));
}

TEST_F(LoadTablesTest, DeclaredClassesAreTheLabelsInTheirOrder) {
  const Datasets datasets =
      Load(SpecOf(kPets, {.label = "kind", .columns = {"age"}, .classes = {"dog", "bird", "cat"}}))
          .value();

  EXPECT_EQ(datasets.train->format().class_count, 3);
  EXPECT_THAT(LabelsOf(*datasets.train), ElementsAre(0, 2, 0));
}

TEST_F(LoadTablesTest, AFileWithoutAHeaderNamesItsColumnsByNumber) {
  const Datasets datasets =
      Load(SpecOf("1,2,3\n4,5,6\n", {.has_header = false, .targets = {"0", "2"}})).value();

  EXPECT_THAT(FeaturesOf(*datasets.train), ElementsAre(2, 5));
  EXPECT_THAT(TargetsOf(*datasets.train), ElementsAre(1, 3, 4, 6));
}

TEST_F(LoadTablesTest, ANumberNamesAColumnOfAHeaderToo) {
  const Datasets datasets = Load(SpecOf(kPets, {.targets = {"3"}, .columns = {"2"}})).value();

  EXPECT_THAT(datasets.table->targets, ElementsAre("age"));
  EXPECT_THAT(FeaturesOf(*datasets.train), ElementsAre(20.5f, 4, 18));
}

TEST_F(LoadTablesTest, ACategoricalColumnIsAFeatureForEachOfItsWords) {
  const Datasets datasets =
      Load(SpecOf(kPets,
                  {.targets = {"age"}, .columns = {"kind", "weight"}, .categorical = {"kind"}}))
          .value();

  EXPECT_THAT(FeaturesOf(*datasets.train), ElementsAre(0, 1, 20.5f, 1, 0, 4, 0, 1, 18));
}

TEST_F(LoadTablesTest, DeclaredCategoriesAreFeaturesInTheirOrder) {
  const Datasets datasets =
      Load(SpecOf(kPets, {.targets = {"age"},
                          .columns = {"kind"},
                          .categorical = {"kind"},
                          .categories = {{.column = "kind", .values = {"dog", "cow", "cat"}}}}))
          .value();

  EXPECT_THAT(FeaturesOf(*datasets.train), ElementsAre(1, 0, 0, 0, 0, 1, 1, 0, 0));
}

TEST_F(LoadTablesTest, AnotherSplitIsReadByTheColumnsOfTraining) {
  DataSpec spec = SpecOf(kPets, {.label = "kind", .ignore = {"name"}});
  AddValidation(spec, "age,owner,weight,kind,name\n7,me,3,cat,Mia\n");

  const Datasets datasets = Load(spec).value();

  EXPECT_THAT(FeaturesOf(*datasets.validation), ElementsAre(3, 7));
  EXPECT_THAT(LabelsOf(*datasets.validation), ElementsAre(0));
}

TEST_F(LoadTablesTest, WordsThatTrainingLacksAreRefusedWithTheirPlace) {
  DataSpec spec = SpecOf(kPets, {.label = "kind", .columns = {"name"}, .categorical = {"name"}});
  AddValidation(spec, "name,kind\nRex,cow\nBob,dog\n");

  EXPECT_EQ(ProblemsOf(spec),
            Path("validation.csv") +
                ": line 2, column kind: \"cow\", must be one of those of the training set\n" +
                Path("validation.csv") +
                ": line 3, column name: \"Bob\", must be one of those of the training set");
}

TEST_F(LoadTablesTest, TabsDivideATsv) {
  DataSpec spec = SpecOf("a\tb\n1\t2\n", {.targets = {"b"}});
  spec.train.format = DataFormat::kTsv;

  EXPECT_THAT(FeaturesOf(*Load(spec).value().train), ElementsAre(1));
}

TEST_F(LoadTablesTest, ADelimiterCanBeDeclared) {
  const Datasets datasets =
      Load(SpecOf("a;b\n1;2\n", {.delimiter = ";", .targets = {"b"}})).value();

  EXPECT_THAT(FeaturesOf(*datasets.train), ElementsAre(1));
}

constexpr char kHoles[] = "x,c,y\n1,a,1\nNA,b,2\n5,,3\n";

TEST_F(LoadTablesTest, AMissingValueIsAnErrorUnlessTheJobSaysOtherwise) {
  EXPECT_EQ(ProblemsOf(SpecOf(kHoles, {.targets = {"y"}, .categorical = {"c"}})),
            Path("train.csv") +
                ": line 3, column x: \"NA\", must be a value: data.table.missing says what else "
                "to do\n" +
                Path("train.csv") +
                ": line 4, column c: nothing, must be a value: data.table.missing says what else "
                "to do");
}

TEST_F(LoadTablesTest, ARowWithAMissingValueCanBeDropped) {
  const Datasets datasets =
      Load(SpecOf(kHoles,
                  {.targets = {"y"}, .categorical = {"c"}, .missing = MissingPolicy::kDropRow}))
          .value();

  EXPECT_THAT(TargetsOf(*datasets.train), ElementsAre(1));
}

TEST_F(LoadTablesTest, AMissingNumberCanBecomeADeclaredOneAndAMissingWordNone) {
  const Datasets datasets = Load(SpecOf(kHoles, {.targets = {"y"},
                                                 .categorical = {"c"},
                                                 .missing = MissingPolicy::kValue,
                                                 .fill = {9}}))
                                .value();

  EXPECT_THAT(FeaturesOf(*datasets.train), ElementsAre(1, 1, 0, 9, 0, 1, 5, 0, 0));
}

TEST_F(LoadTablesTest, AMissingNumberCanBecomeTheMeanOfTraining) {
  DataSpec spec =
      SpecOf("x,y\n1,1\n,2\n5,3\n", {.targets = {"y"}, .missing = MissingPolicy::kMean});
  AddValidation(spec, "x,y\n,0\n");

  const Datasets datasets = Load(spec).value();

  EXPECT_THAT(FeaturesOf(*datasets.train), ElementsAre(1, 3, 5));
  EXPECT_THAT(FeaturesOf(*datasets.validation), ElementsAre(3));
}

TEST_F(LoadTablesTest, WhatTrainingDecidedReadsAnotherFileInTheSameWay) {
  DataSpec spec = SpecOf("x,c,y\n1,b,1\n,a,2\n5,b,3\n",
                         {.targets = {"y"}, .categorical = {"c"}, .missing = MissingPolicy::kMean});
  spec.normalize.from = NormalizeFrom::kTrainingSet;
  const Datasets fitted = Load(spec).value();
  WriteBytes(Path("train.csv"), "x,c,y\n,a,0\n");

  spec.table = *fitted.table;
  spec.normalize = fitted.normalize;

  // The second row of the training set.
  const std::vector<float> features = FeaturesOf(*fitted.train);
  EXPECT_EQ(FeaturesOf(*Load(spec).value().train),
            std::vector<float>(features.begin() + 3, features.begin() + 6));
}

TEST_F(LoadTablesTest, AFileThatAModelIsAskedAboutMayLackTheLabel) {
  DataSpec spec = SpecOf(kPets, {.label = "kind", .columns = {"weight", "age"}});
  spec.table = *Load(spec).value().table;
  spec.may_lack_answers = true;
  WriteBytes(Path("train.csv"), "age,weight\n7,3\n");

  const Datasets datasets = Load(spec).value();

  EXPECT_THAT(FeaturesOf(*datasets.train), ElementsAre(3, 7));
  EXPECT_EQ(datasets.train->format().label_count, 0);
  EXPECT_EQ(datasets.train->format().target_count, 0);
}

TEST_F(LoadTablesTest, ATargetThatIsMissingIsAlwaysAnError) {
  EXPECT_THAT(ProblemsOf(SpecOf("x,y\n1,\n", {.targets = {"y"}, .missing = MissingPolicy::kMean})),
              HasSubstr("line 2, column y: nothing, must be a value, as it is what is learned"));
}

TEST_F(LoadTablesTest, AllProblemsOfAFileComeAtOnce) {
  const std::string problems =
      ProblemsOf(SpecOf("x,y\n1,2,3\nred,1\n1,1e400\ninf,0\n0x10,0\n", {.targets = {"y"}}));

  EXPECT_THAT(problems, HasSubstr("line 2: 3 fields, must be 2 like the first line\n"));
  EXPECT_THAT(problems,
              HasSubstr("line 3, column x: \"red\", must be a number that f32 can hold\n"));
  EXPECT_THAT(problems, HasSubstr("line 4, column y: \"1e400\", must be a number"));
  EXPECT_THAT(problems, HasSubstr("line 5, column x: \"inf\", must be a number"));
  EXPECT_THAT(problems, HasSubstr("line 6, column x: \"0x10\", must be a number"));
}

TEST_F(LoadTablesTest, ManyProblemsAreCounted) {
  std::string text = "x,y\n";
  for (int i = 0; i < 25; ++i) text += "?,1\n";

  EXPECT_THAT(ProblemsOf(SpecOf(text, {.targets = {"y"}})), HasSubstr("train.csv: and 5 more"));
}

TEST_F(LoadTablesTest, ColumnsThatAreNotThereAreToldOfTogether) {
  const std::string problems = ProblemsOf(
      SpecOf(kPets, {.label = "species", .columns = {"weigth"}, .categorical = {"name"}}));

  EXPECT_THAT(problems, HasSubstr("data.table.label: no column \"species\", must be one of: name, "
                                  "kind, weight, age"));
  EXPECT_THAT(problems, HasSubstr("data.table.columns: no column \"weigth\""));
  EXPECT_THAT(problems, HasSubstr("data.table.categorical: column \"name\" is no feature"));
}

TEST_F(LoadTablesTest, AHeaderThatNamesAColumnTwiceIsRefused) {
  EXPECT_THAT(ProblemsOf(SpecOf("x,x,y\n1,2,3\n", {.targets = {"y"}})),
              HasSubstr("line 1: two columns named \"x\""));
}

TEST_F(LoadTablesTest, AFileWithoutSamplesIsRefused) {
  EXPECT_THAT(ProblemsOf(SpecOf("", {.targets = {"y"}})), HasSubstr("empty, must have"));
  EXPECT_THAT(ProblemsOf(SpecOf("x,y\n", {.targets = {"y"}})), HasSubstr("no row is a sample"));
  EXPECT_THAT(ProblemsOf(SpecOf("y\n1\n", {.targets = {"y"}})),
              HasSubstr("no column is left for features"));
}

TEST_F(LoadTablesTest, AFaultOfTheSyntaxComesWithWhatWasFoundBefore) {
  const std::string problems = ProblemsOf(SpecOf("x,y\n?,1\n1,\"2\n", {.targets = {"y"}}));

  EXPECT_THAT(problems, HasSubstr("line 2, column x"));
  EXPECT_THAT(problems, HasSubstr("line 4: a quoted field that does not end"));
}

TEST_F(LoadTablesTest, TheFingerprintTellsWordsWithEqualCodesApart) {
  const TableSpec table = {.targets = {"y"}, .categorical = {"c"}};
  const Digest one = Load(SpecOf("c,y\na,1\n", table)).value().Fingerprint();

  EXPECT_NE(Load(SpecOf("c,y\nb,1\n", table)).value().Fingerprint(), one);
}

TEST_F(LoadTablesTest, AMutatedFileIsLoadedOrRefusedWithALineForEachProblem) {
  std::int64_t loaded = 0;
  for (const std::string& text : Mutations(kPets, ",\"\n.-x9", 1000)) {
    const Result<Datasets> datasets = Load(SpecOf(text, {.label = "kind", .ignore = {"name"}}));
    if (datasets.ok()) {
      ++loaded;
      EXPECT_TRUE(std::ranges::all_of(FeaturesOf(*datasets.value().train),
                                      [](float value) { return std::isfinite(value); }));
    } else {
      EXPECT_THAT(datasets.status().message(), HasSubstr("train.csv: "));
    }
  }
  EXPECT_GT(loaded, 0);
}

TEST_F(LoadTablesTest, NamesThatATerminalWouldObeyAreShownHarmless) {
  const std::string problems = ProblemsOf(SpecOf("\x1b[2Jx,y\nred,1\n", {.targets = {"y"}}));

  EXPECT_THAT(problems, HasSubstr("line 2, column ?[2Jx: \"red\", must be a number"));
}

// Half a megabyte of text, and 16 GiB of features.
TEST_F(LoadTablesTest, ACategoricalColumnThatTakesTooMuchMemoryIsNamedBeforeItIsTaken) {
  constexpr int kWords = 1 << 16;
  std::string text = "id,x,y\n";
  for (int i = 0; i < kWords; ++i) {
    text += std::to_string(i);
    text += ",1,2\n";
  }

  EXPECT_THAT(
      ProblemsOf(SpecOf(text, {.targets = {"y"}, .categorical = {"id"}})),
      HasSubstr("65536 rows of 65537 features, 65536 of them of column id, must be at most"));
}

}  // namespace
}  // namespace descent
