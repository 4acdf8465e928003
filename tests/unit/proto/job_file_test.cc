#include "proto/job_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "common/limits.h"

namespace descent {

void PrintTo(const FieldProblem& problem, std::ostream* stream) {
  *stream << problem.line << " | " << problem.place << " | " << problem.message;
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kGood[] = R"(name: fashion-mlp
model:
  mlp: {hidden_sizes: [512, 256], activation: gelu, dropout: 0.1}
  loss: cross_entropy
data:
  train: {path: /data/train, format: idx, range: [0, 55000]}
  test: {path: /data/t10k}
  normalize: {mean: [0.286], std: [0.353]}
batch: {global: 256}
epochs: 10
seed: 18446744073709551615
optimizer: {adamw: {lr: 1e-3, betas: [0.9, 0.99], no_decay: ["*.bias"]}, clip_norm: 1.0}
lr_schedule: {cosine: {warmup_steps: 200, min_lr: 1e-5}}
workers: {min: 1, max: 3}
)";

// A valid job, then the lines that a test is about; they begin at line 5.
std::string JobWith(const std::string& lines) {
  return "name: job\nmodel: {mlp: {}}\ndata: {train: {path: /data/train}}\nbatch: {global: 256}\n" +
         lines;
}

std::vector<FieldProblem> ProblemsOf(const std::string& text,
                                     const std::vector<std::string>& overrides = {}) {
  return ReadJobFile(text, overrides).problems;
}

TEST(JobFileTest, MetricsOfEvaluationsAreGivenByName) {
  const JobFile file =
      ReadJobFile(JobWith("steps: 1\nevaluate: {every_steps: 1}\n"
                          "checkpoint: {best: {metric: top5_accuracy}}\n"
                          "early_stopping: {metric: accuracy, patience: 3, min_delta: 0.5}\n"),
                  {"data.validation={path: /data/validation}"});

  ASSERT_THAT(file.problems, IsEmpty());
  EXPECT_EQ(file.spec.checkpoint.best_metric, EvaluationMetric::kTopFiveAccuracy);
  EXPECT_EQ(file.spec.early_stopping->metric, EvaluationMetric::kAccuracy);
  EXPECT_EQ(file.spec.early_stopping->patience, 3);
  EXPECT_EQ(file.spec.early_stopping->min_delta, 0.5);
}

TEST(JobFileTest, EarlyStoppingWithoutPatienceIsRefusedInItsLine) {
  EXPECT_THAT(
      ProblemsOf(JobWith("steps: 9\nevaluate: {every_steps: 1}\nearly_stopping: {}\n"),
                 {"data.validation={path: /data/validation}"}),
      ElementsAre(FieldProblem{7, "early_stopping.patience", "missing, must be at least 1"}));
}

TEST(JobFileTest, AValidFileBecomesTheSpecThatItSays) {
  const JobFile file = ReadJobFile(kGood, {});

  ASSERT_THAT(file.problems, IsEmpty());
  EXPECT_EQ(file.spec.name, "fashion-mlp");
  EXPECT_THAT(std::get<MlpSpec>(file.spec.model.architecture).hidden_sizes, ElementsAre(512, 256));
  EXPECT_EQ(std::get<MlpSpec>(file.spec.model.architecture).activation, Activation::kGelu);
  EXPECT_EQ(file.spec.data.train.range, (IndexRange{0, 55000}));
  EXPECT_EQ(file.spec.seed, 18446744073709551615u);
  EXPECT_EQ(LearningRateOf(file.spec.optimizer), 1e-3);
  EXPECT_THAT(NoDecayOf(file.spec.optimizer), ElementsAre("*.bias"));
  EXPECT_EQ(file.spec.lr_schedule.kind, LrScheduleKind::kCosine);
  EXPECT_EQ(file.spec.lr_schedule.min_lr, 1e-5);
}

TEST(JobFileTest, DefaultsAreFilledIn) {
  const JobFile file = ReadJobFile(kGood, {});

  EXPECT_EQ(file.spec.batch.logical_workers, 4);
  EXPECT_EQ(file.spec.batch.micro, 64);
}

TEST(JobFileTest, EveryProblemIsReportedAtOnceByLine) {
  const std::string text = JobWith(
      "epochs: ten\n"
      "optimiser: {}\n"
      "workers: {min: 0, max: 1}\n"
      "lr_schedule: {cosine: {warmup_steps: -1}}\n");

  EXPECT_THAT(
      ProblemsOf(text),
      ElementsAre(FieldProblem{5, "epochs", "ten, must be an integer"},
                  FieldProblem{6, "optimiser", "unknown field; did you mean \"optimizer\"?"},
                  FieldProblem{7, "workers.min", "0, must be at least 1"},
                  FieldProblem{8, "lr_schedule.cosine.warmup_steps", "-1, must be at least 0"}));
}

TEST(JobFileTest, AnUnknownFieldFarFromAnyNameListsTheNames) {
  EXPECT_THAT(ProblemsOf(JobWith("epochs: 1\nworkers: {gpus: 8}\n")),
              ElementsAre(FieldProblem{6, "workers.gpus",
                                       "unknown field, must be one of: min, max, threads"}));
}

TEST(JobFileTest, AFieldGivenTwiceNamesItsFirstLine) {
  EXPECT_THAT(ProblemsOf(JobWith("epochs: 1\nepochs: 2\n")),
              ElementsAre(FieldProblem{6, "epochs", "given twice, first in line 5"}));
}

TEST(JobFileTest, AnUnknownWordListsTheWordsOfItsEnum) {
  EXPECT_THAT(ProblemsOf(JobWith("epochs: 1\nbatch: {global: 8, tail: trop}\n"), {}), SizeIs(1));
  EXPECT_THAT(
      ProblemsOf(kGood, {"batch.tail=DROP"}),
      ElementsAre(FieldProblem{0, "--set batch.tail=DROP", "DROP, must be one of: drop, keep"}));
}

TEST(JobFileTest, AOneofWithTwoMembersIsRefused) {
  EXPECT_THAT(ProblemsOf(JobWith("epochs: 1\nlr_schedule:\n  linear: {}\n  cosine: {}\n")),
              ElementsAre(FieldProblem{8, "lr_schedule.cosine",
                                       "there is a linear already, must be only one of: constant, "
                                       "linear, cosine, wsd, polynomial, step, one_cycle"}));
}

TEST(JobFileTest, AOneofWithoutAMemberIsRefused) {
  EXPECT_THAT(ProblemsOf(JobWith("epochs: 1\noptimizer: {clip_norm: 1.0}\n")),
              ElementsAre(FieldProblem{6, "optimizer",
                                       "no kind, must have one of: adamw, adam, sgd, lion"}));
}

TEST(JobFileTest, AMissingModelIsAProblem) {
  EXPECT_THAT(ProblemsOf("name: job\ndata: {train: {path: /d}}\nbatch: {global: 8}\nsteps: 1\n"),
              ElementsAre(FieldProblem{0, "model",
                                       "missing, must have an architecture, such as mlp or gpt"}));
}

TEST(JobFileTest, AMissingFieldIsCalledMissing) {
  EXPECT_THAT(ProblemsOf("name: job\nmodel: {mlp: {}}\ndata: {train: {path: /d}}\nsteps: 1\n"),
              ElementsAre(FieldProblem{0, "batch.global", "missing, must be at least 1"}));
}

TEST(JobFileTest, IntegersAreExact) {
  EXPECT_THAT(ProblemsOf(JobWith("steps: 1e3\n")),
              ElementsAre(FieldProblem{5, "steps", "1e3, must be an integer"}));
  EXPECT_THAT(ProblemsOf(JobWith("steps: \"100\"\n")),
              ElementsAre(FieldProblem{5, "steps", "\"100\", must be an integer"}));
  EXPECT_THAT(ProblemsOf(JobWith("steps: 99999999999999999999\n")),
              ElementsAre(FieldProblem{
                  5, "steps", "99999999999999999999, must be an integer that fits in 64 bits"}));
  EXPECT_THAT(ProblemsOf(JobWith("steps: 1\nseed: -1\n")),
              ElementsAre(FieldProblem{6, "seed", "-1, must be an integer of at least 0"}));
}

TEST(JobFileTest, NumbersAreFinite) {
  EXPECT_THAT(
      ProblemsOf(kGood, {"model.mlp.dropout=nan"}),
      ElementsAre(FieldProblem{0, "--set model.mlp.dropout=nan", "nan, must be a finite number"}));
}

TEST(JobFileTest, AZeroThatWouldMeanTheDefaultIsRefused) {
  EXPECT_THAT(ProblemsOf(JobWith("epochs: 1\nworkers: {max: 0}\n")),
              ElementsAre(FieldProblem{6, "workers.max", "0, must be at least 1"}));
}

TEST(JobFileTest, AWrongShapeSaysWhatWasFound) {
  EXPECT_THAT(ProblemsOf(JobWith("epochs:\nworkers: 4\nlr_schedule: {cosine: [1]}\n")),
              ElementsAre(FieldProblem{5, "epochs", "nothing, must be an integer"},
                          FieldProblem{6, "workers", "4, must be a mapping of: min, max, threads"},
                          FieldProblem{7, "lr_schedule.cosine",
                                       "a list, must be a mapping of: warmup_steps, min_lr"}));
}

TEST(JobFileTest, AnItemOfAListIsNamedByItsIndex) {
  EXPECT_THAT(ProblemsOf("name: job\nmodel:\n  mlp:\n    hidden_sizes:\n      - 512\n      - big\n"
                         "data: {train: {path: /d, range: [1, 2, 3]}}\nbatch: {global: 8}\n"
                         "steps: 1\n"),
              ElementsAre(FieldProblem{6, "model.mlp.hidden_sizes[1]", "big, must be an integer"},
                          FieldProblem{7, "data.train.range", "3 numbers, must be [first, last]"}));
}

TEST(JobFileTest, ASyntaxErrorNamesLineAndColumn) {
  const std::vector<FieldProblem> problems = ProblemsOf("name: job\nbatch: {global: 8\nsteps: 1\n");

  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_GT(problems[0].line, 1);
  EXPECT_TRUE(problems[0].place.starts_with("column ")) << problems[0].place;
}

TEST(JobFileTest, AnAliasIsRefusedWhereItStands) {
  EXPECT_THAT(
      ProblemsOf(JobWith("epochs: &count 1\nsteps: *count\n")),
      ElementsAre(
          FieldProblem{5, "column 9", "an anchor (&name) is not allowed: write the value out"},
          FieldProblem{6, "column 8", "an alias (*name) is not allowed: write the value out"}));
}

TEST(JobFileTest, ATagIsRefused) {
  EXPECT_THAT(ProblemsOf(JobWith("epochs: !!int 1\n")),
              ElementsAre(FieldProblem{5, "column 9", "a tag (!type) is not allowed"}));
}

TEST(JobFileTest, AMergeKeyIsRefused) {
  EXPECT_THAT(
      ProblemsOf(JobWith("epochs: 1\n<<: {seed: 1}\n")),
      ElementsAre(FieldProblem{6, "<<", "a merge key is not allowed: write the fields out"}));
}

TEST(JobFileTest, NestingIsBounded) {
  const std::string deep = std::string(17, '[') + std::string(17, ']');

  EXPECT_THAT(
      ProblemsOf(JobWith("epochs: " + deep + "\n")),
      ElementsAre(FieldProblem{5, "column 24", "nested too deep, must be at most 16 levels"}));
  EXPECT_THAT(ProblemsOf(std::string(100'000, '[')), SizeIs(1));
}

TEST(JobFileTest, TheSizeIsBounded) {
  EXPECT_THAT(ProblemsOf(std::string(limits::kJobFileBytesMax + 1, '#')),
              ElementsAre(FieldProblem{0, "", "262145 bytes, must be at most 262144"}));
}

TEST(JobFileTest, BytesThatAreNoTextAreRefused) {
  EXPECT_THAT(ProblemsOf("name: \xff\n"),
              ElementsAre(FieldProblem{0, "", "not a text, must be UTF-8"}));
}

TEST(JobFileTest, AnEmptyFileIsNoJob) {
  const std::vector<FieldProblem> problems = ProblemsOf("");

  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_TRUE(problems[0].message.starts_with("nothing, must be a mapping of: name, model"));
}

TEST(JobFileTest, ASecondDocumentIsRefused) {
  EXPECT_THAT(ProblemsOf(std::string(kGood) + "---\nname: other\n"),
              ElementsAre(FieldProblem{16, "", "a second document begins, must be one job"}));
}

TEST(JobFileTest, AnOverrideReplacesWhatTheFileSays) {
  const JobFile file = ReadJobFile(
      kGood, {"optimizer.adamw.lr=3e-3", "model.mlp.hidden_sizes=[8]", "checkpoint.keep_last=7"});

  ASSERT_THAT(file.problems, IsEmpty());
  EXPECT_EQ(LearningRateOf(file.spec.optimizer), 3e-3);
  EXPECT_THAT(std::get<MlpSpec>(file.spec.model.architecture).hidden_sizes, ElementsAre(8));
  EXPECT_EQ(file.spec.checkpoint.keep_last, 7);
}

TEST(JobFileTest, AProblemOfAnOverrideNamesTheOverride) {
  EXPECT_THAT(
      ProblemsOf(kGood, {"batch.micro=0", "btach.global=1", "steps"}),
      ElementsAre(FieldProblem{0, "--set steps",
                               "must be FIELD.PATH=VALUE, such as optimizer.adamw.lr=1e-3"},
                  FieldProblem{0, "--set btach.global=1", "unknown field; did you mean \"batch\"?"},
                  FieldProblem{0, "--set batch.micro=0", "0, must be at least 1"}));
}

TEST(JobFileTest, AnOverrideOfAnExistingSpecKeepsTheRest) {
  const JobSpec base = ReadJobFile(kGood, {}).spec;

  const JobFile file = OverrideJobSpec(base, {"stop_at_step=20", "lr_schedule.linear.min_lr=0"});

  ASSERT_THAT(file.problems, IsEmpty());
  EXPECT_EQ(file.spec.stop_at_step, 20);
  EXPECT_EQ(file.spec.lr_schedule.kind, LrScheduleKind::kLinear);
  EXPECT_EQ(file.spec.epochs, 10);
  EXPECT_EQ(file.spec.batch.logical_workers, 4);
}

TEST(JobFileTest, AViolationFoundElsewhereGetsItsLine) {
  const JobFile file = ReadJobFile(kGood, {});

  EXPECT_EQ(LocateViolation(file, {"workers.max", "16 requested"}),
            (FieldProblem{14, "workers.max", "16 requested"}));
  EXPECT_EQ(LocateViolation(file, {"data.train.path", "no such file"}),
            (FieldProblem{6, "data.train.path", "no such file"}));
}

TEST(JobFileTest, AViolationFoundElsewhereIsListedAmongTheOthersByItsLine) {
  JobFile file = ReadJobFile(std::string(kGood) + "sead: 3\n", {});
  ASSERT_EQ(file.problems.size(), 1u);

  AddViolation(file, {"workers.max", "16 requested"});

  ASSERT_EQ(file.problems.size(), 2u);
  EXPECT_EQ(file.problems.front(), (FieldProblem{14, "workers.max", "16 requested"}));
}

TEST(JobFileTest, ProblemsArePrintedInColumns) {
  const std::vector<FieldProblem> problems = {{9, "batch.micro", "0, must be at least 1"},
                                              {14, "optimiser", "unknown field"},
                                              {0, "--set seed=x", "x, must be an integer"}};

  EXPECT_EQ(FormatProblems(problems, "bad.yaml"),
            "error: 3 problems in bad.yaml\n"
            "  line  9  batch.micro  0, must be at least 1\n"
            "  line 14  optimiser    unknown field\n"
            "  --set seed=x  x, must be an integer\n");
}

TEST(JobFileTest, ALayerIsNamedByAWordWithQuotesOrWithout) {
  const std::string rest = "data: {train: {path: p}}\nbatch: {global: 4}\nsteps: 1\n";

  const JobFile plain =
      ReadJobFile("name: a\nmodel: {layers: [flatten, relu, linear]}\n" + rest, {});
  const JobFile quoted =
      ReadJobFile("name: a\nmodel: {\"layers\": [\"flatten\", \"relu\", \"linear\"]}\n" + rest, {});

  EXPECT_TRUE(plain.problems.empty());
  EXPECT_TRUE(quoted.problems.empty());
  EXPECT_EQ(std::get<LayersSpec>(quoted.spec.model.architecture),
            std::get<LayersSpec>(plain.spec.model.architecture));
}

}  // namespace
}  // namespace descent
