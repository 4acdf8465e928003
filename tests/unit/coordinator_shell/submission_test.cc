#include "coordinator/submission.h"

#include <gmock/gmock.h>

#include "proto/wire.h"
#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

constexpr const char* kSubmittedJob = R"(name: written
model: {mlp: {hidden_sizes: [8]}}
data: {train: {path: /data/train, format: idx}}
batch: {global: 32}
steps: 100
optimizer: {adamw: {lr: 1e-3}}
)";

// A world with the one job that is given.
SubmissionContext ContextFor(const v1::CreateJobRequest& request, const Job& job) {
  return {[&job](const std::string& id) { return id == job.id ? &job : nullptr; },
          [] { return std::string("abc12"); }, ReadGivenFile(request)};
}

v1::CreateJobRequest SubmissionOf(const JobSpec& spec) {
  v1::CreateJobRequest request;
  *request.mutable_spec() = ToProto(spec);
  return request;
}

SubmitJob Accepted(const v1::CreateJobRequest& request, const Job& known) {
  auto submission = MakeSubmission(request, ContextFor(request, known));
  const auto* error = std::get_if<RequestError>(&submission);
  EXPECT_EQ(error, nullptr) << error->status;
  return error == nullptr ? std::get<SubmitJob>(submission) : SubmitJob();
}

RequestError Refused(const v1::CreateJobRequest& request, const Job& known) {
  auto submission = MakeSubmission(request, ContextFor(request, known));
  EXPECT_TRUE(std::holds_alternative<RequestError>(submission));
  return std::get<RequestError>(submission);
}

TEST(SubmissionTest, AJobWithoutAnIdGetsItsNameAndASuffix) {
  EXPECT_EQ(Accepted(SubmissionOf(MakeSpec()), MakeFullJob()).job_id, "small-abc12");
}

TEST(SubmissionTest, ASuffixThatIsTakenIsDrawnAgain) {
  const Job taken = MakeJob("small-aaaaa", 1);
  int draws = 0;
  const SubmissionContext context{
      [&](const std::string& id) { return id == taken.id ? &taken : nullptr; },
      [&] { return std::string(draws++ == 0 ? "aaaaa" : "bbbbb"); }, std::nullopt};

  const auto submission = MakeSubmission(SubmissionOf(MakeSpec()), context);

  EXPECT_EQ(std::get<SubmitJob>(submission).job_id, "small-bbbbb");
}

TEST(SubmissionTest, DefaultsAreFilledIn) {
  JobSpec spec = MakeSpec();
  spec.batch.logical_workers = 0;
  spec.workers.max = 3;

  EXPECT_EQ(Accepted(SubmissionOf(spec), MakeFullJob()).spec.batch.logical_workers, 4);
}

TEST(SubmissionTest, AnInvalidSpecIsAnsweredWithEveryViolation) {
  JobSpec spec = MakeSpec();
  spec.steps = 0;
  std::get<MlpSpec>(spec.model.architecture).dropout = 1.5;

  const RequestError error = Refused(SubmissionOf(spec), MakeFullJob());

  EXPECT_EQ(error.reason, "SPEC_INVALID");
  EXPECT_EQ(error.status.code(), Code::kInvalidArgument);
  EXPECT_EQ(error.violations.size(), 2u) << error.status;
}

TEST(SubmissionTest, ASpecThatIsLargerThanAJobFileMayBeIsRefused) {
  JobSpec spec = MakeSpec();
  spec.data.train.path = "/" + std::string(300'000, 'x');

  const RequestError error = Refused(SubmissionOf(spec), MakeFullJob());

  EXPECT_EQ(error.reason, "SPEC_INVALID");
  ASSERT_EQ(error.violations.size(), 1u);
  EXPECT_EQ(error.violations[0].field, "spec");
}

TEST(SubmissionTest, AnIdWithForeignCharactersIsRefused) {
  v1::CreateJobRequest request = SubmissionOf(MakeSpec());
  request.set_job_id("../etc");

  EXPECT_EQ(Refused(request, MakeFullJob()).reason, "JOB_ID_INVALID");
}

TEST(SubmissionTest, ALongRequestIdIsRefused) {
  v1::CreateJobRequest request = SubmissionOf(MakeSpec());
  request.set_request_id(std::string(65, 'x'));

  EXPECT_EQ(Refused(request, MakeFullJob()).reason, "REQUEST_ID_INVALID");
}

TEST(SubmissionTest, ARequestThatIsRepeatedIsKnownByItsJob) {
  v1::CreateJobRequest request = SubmissionOf(MakeSpec());
  request.set_request_id("once");
  Job made = MakeJob("small-first", 1);
  made.priority = 90;

  EXPECT_FALSE(CheckRepetition(request, Accepted(request, made), made));
}

TEST(SubmissionTest, AForkThatIsRepeatedIsKnownThoughItsSourceIsGone) {
  v1::CreateJobRequest request;
  request.set_request_id("once");
  request.set_resume_from("jobs/full-1/checkpoints/latest");
  request.add_overrides("optimizer.adamw.lr=0.5");
  const SubmitJob first = Accepted(request, MakeFullJob());
  Job made = MakeJob("fork-1", 8);
  made.spec = first.spec;
  made.forked_from = first.forked_from;
  const SubmissionContext context{[](const std::string&) { return nullptr; },
                                  [] { return std::string("abc12"); }, std::nullopt, &made};

  const auto again = MakeSubmission(request, context);
  ASSERT_TRUE(std::holds_alternative<SubmitJob>(again)) << std::get<RequestError>(again).status;
  EXPECT_FALSE(CheckRepetition(request, std::get<SubmitJob>(again), made));

  request.add_overrides("steps=50");
  const auto other = MakeSubmission(request, context);
  ASSERT_TRUE(std::holds_alternative<SubmitJob>(other)) << std::get<RequestError>(other).status;
  const auto error = CheckRepetition(request, std::get<SubmitJob>(other), made);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->metadata.at("fields"), "spec.steps");
}

TEST(SubmissionTest, ARequestIdThatMadeAnotherJobIsRefusedWithWhatDiffers) {
  const Job made = MakeJob("small-first", 1);
  JobSpec spec = MakeSpec();
  ++spec.steps;
  ++spec.seed;
  v1::CreateJobRequest request = SubmissionOf(spec);
  request.set_request_id("once");
  request.set_job_id("second");

  const auto error = CheckRepetition(request, Accepted(request, made), made);

  ASSERT_TRUE(error);
  EXPECT_EQ(error->reason, "REQUEST_ID_REUSED");
  EXPECT_EQ(error->status.code(), Code::kAlreadyExists);
  EXPECT_EQ(error->metadata.at("job"), "small-first");
  EXPECT_EQ(error->metadata.at("fields"), "job_id, spec.seed, spec.steps");
}

TEST(SubmissionTest, APriorityOutOfRangeIsRefused) {
  for (const int priority : {-1, 101}) {
    v1::CreateJobRequest request = SubmissionOf(MakeSpec());
    request.set_priority(priority);

    EXPECT_EQ(Refused(request, MakeFullJob()).reason, "PRIORITY_INVALID");
  }
}

TEST(SubmissionTest, AJobFileIsReadWithItsOverrides) {
  v1::CreateJobRequest request;
  request.set_job_file(kSubmittedJob);
  request.add_overrides("optimizer.adamw.lr=0.5");

  const JobSpec spec = Accepted(request, MakeFullJob()).spec;

  EXPECT_EQ(spec.name, "written");
  EXPECT_EQ(std::get<AdamWSpec>(spec.optimizer.algorithm).lr, 0.5);
}

TEST(SubmissionTest, AWrongJobFileIsAnsweredWithTheLineOfEveryViolation) {
  v1::CreateJobRequest request;
  request.set_job_file(std::string(kSubmittedJob) + "sead: 3\nthreads: 2\n");

  const RequestError error = Refused(request, MakeFullJob());

  EXPECT_EQ(error.reason, "UNKNOWN_FIELD");
  EXPECT_EQ(error.metadata.at("did_you_mean"), "seed");
  ASSERT_EQ(error.violations.size(), 2u) << error.status;
  EXPECT_EQ(error.violations[0].field, "sead");
  EXPECT_THAT(error.violations[0].message, testing::StartsWith("line 7: "));
  EXPECT_THAT(error.violations[1].message, testing::StartsWith("line 8: "));
}

TEST(SubmissionTest, AJobFileBesideASpecIsRefused) {
  v1::CreateJobRequest request = SubmissionOf(MakeSpec());
  request.set_job_file(kSubmittedJob);

  EXPECT_EQ(Refused(request, MakeFullJob()).reason, "SPEC_INVALID");
}

TEST(SubmissionTest, ZerosInAJobFileAreRefused) {
  v1::CreateJobRequest request;
  request.set_job_file(std::string("n\0a\0", 4));

  const RequestError error = Refused(request, MakeFullJob());

  ASSERT_EQ(error.violations.size(), 1u);
  EXPECT_EQ(error.violations[0].message, "not a text, must be UTF-8");
}

TEST(SubmissionTest, MoreOverridesThanAJobFileHasFieldsAreRefused) {
  v1::CreateJobRequest request;
  request.set_job_file(kSubmittedJob);
  for (int i = 0; i < 257; ++i) request.add_overrides("seed=1");

  const RequestError error = Refused(request, MakeFullJob());

  ASSERT_EQ(error.violations.size(), 1u);
  EXPECT_EQ(error.violations[0].message, "257, must be at most 256");
}

TEST(SubmissionTest, OfVeryManyViolationsTheFirstAreTold) {
  v1::CreateJobRequest request;
  request.set_job_file(kSubmittedJob);
  std::string file = kSubmittedJob;
  for (int i = 0; i < 300; ++i) file += "x" + std::to_string(i) + ": 1\n";
  request.set_job_file(file);

  const RequestError error = Refused(request, MakeFullJob());

  EXPECT_EQ(error.violations.size(), 100u);
  EXPECT_THAT(error.status.message(), testing::HasSubstr("300 problems; x0: "));
  EXPECT_THAT(error.status.message(), testing::ContainsRegex("; and 2[0-9][0-9] more$"));
  EXPECT_LT(error.status.message().size(), 1000u);
}

TEST(SubmissionTest, OverridesChangeTheSpecOfTheJobThatIsResumed) {
  v1::CreateJobRequest request;
  request.set_resume_from("jobs/full-1/checkpoints/latest");
  request.add_overrides("optimizer.adamw.lr=0.5");

  const SubmitJob submit = Accepted(request, MakeFullJob());

  EXPECT_EQ(submit.forked_from, "jobs/full-1/checkpoints/40");
  EXPECT_EQ(std::get<AdamWSpec>(submit.spec.optimizer.algorithm).lr, 0.5);
}

TEST(SubmissionTest, ResumingWithoutASpecTakesThatOfTheJobWithoutItsStop) {
  v1::CreateJobRequest request;
  request.set_resume_from("jobs/full-1/checkpoints/latest");

  const SubmitJob submit = Accepted(request, MakeFullJob());

  EXPECT_EQ(submit.start_checkpoint, "/checkpoints/full-1/step-40");
  EXPECT_EQ(submit.forked_from, "jobs/full-1/checkpoints/40");
  EXPECT_EQ(submit.spec.seed, 42u);
  EXPECT_EQ(submit.spec.stop_at_step, 0);
}

TEST(SubmissionTest, ResumingOnMoreWorkersKeepsTheLogicalWorkersOfTheJob) {
  Job source = MakeFullJob();
  source.spec.batch.logical_workers = 8;
  JobSpec spec = source.spec;
  spec.batch.logical_workers = 0;
  spec.batch.micro = 0;
  spec.workers.max = 3;
  v1::CreateJobRequest request = SubmissionOf(spec);
  request.set_resume_from("jobs/full-1/checkpoints/20");

  const SubmitJob submit = Accepted(request, source);

  EXPECT_EQ(submit.spec.batch.logical_workers, 8);
  EXPECT_EQ(submit.spec.batch.micro, source.spec.batch.micro);
  EXPECT_EQ(submit.start_checkpoint, "/checkpoints/full-1/step-20");
}

TEST(SubmissionTest, ResumingWithAnotherModelNamesTheFieldsThatDiffer) {
  const Job source = MakeFullJob();
  JobSpec spec = source.spec;
  std::get<MlpSpec>(spec.model.architecture).hidden_sizes = {32};
  spec.seed = 43;
  v1::CreateJobRequest request = SubmissionOf(spec);
  request.set_resume_from("jobs/full-1/checkpoints/latest");

  const RequestError error = Refused(request, source);

  EXPECT_EQ(error.status.code(), Code::kFailedPrecondition);
  EXPECT_EQ(error.reason, "MODEL_MISMATCH");
  EXPECT_EQ(error.metadata.at("fields"), "model, seed");
}

TEST(SubmissionTest, ResumingOnOtherDataAloneHasAReasonOfItsOwn) {
  const Job source = MakeFullJob();
  JobSpec spec = source.spec;
  spec.data.train.path = "/data/other";
  v1::CreateJobRequest request = SubmissionOf(spec);
  request.set_resume_from("jobs/full-1/checkpoints/latest");

  const RequestError error = Refused(request, source);

  EXPECT_EQ(error.status.code(), Code::kFailedPrecondition);
  EXPECT_EQ(error.reason, "DATASET_CHANGED");
  EXPECT_EQ(error.metadata.at("fields"), "data");
}

TEST(SubmissionTest, ResumingWithAnotherOptimizerNamesBoth) {
  const Job source = MakeFullJob();
  JobSpec spec = source.spec;
  spec.optimizer.algorithm = SgdSpec{.momentum = 0.9};
  v1::CreateJobRequest request = SubmissionOf(spec);
  request.set_resume_from("jobs/full-1/checkpoints/latest");

  const RequestError error = Refused(request, source);

  EXPECT_EQ(error.reason, "MODEL_MISMATCH");
  EXPECT_EQ(error.metadata.at("fields"), "optimizer (sgd with momentum, not adamw)");
}

TEST(SubmissionTest, ResumingWithAnotherLearningRateIsAllowed) {
  const Job source = MakeFullJob();
  JobSpec spec = source.spec;
  std::get<AdamWSpec>(spec.optimizer.algorithm).lr = 0.5;
  v1::CreateJobRequest request = SubmissionOf(spec);
  request.set_resume_from("jobs/full-1/checkpoints/latest");

  EXPECT_EQ(LearningRateOf(Accepted(request, source).spec.optimizer), 0.5);
}

TEST(SubmissionTest, LabelsComeOnTopOfThoseOfTheJobThatIsResumed) {
  v1::CreateJobRequest request;
  request.set_resume_from("jobs/full-1/checkpoints/latest");
  (*request.mutable_labels())["team"] = "vision";
  (*request.mutable_labels())["run"] = "2";

  EXPECT_EQ(Accepted(request, MakeFullJob()).labels,
            (JobLabels{{"run", "2"}, {"stage", ""}, {"team", "vision"}}));
}

TEST(SubmissionTest, LabelsThatKubernetesWouldRefuseAreRefused) {
  v1::CreateJobRequest request = SubmissionOf(MakeSpec());
  (*request.mutable_labels())["team"] = "two words";

  const RequestError error = Refused(request, MakeFullJob());

  EXPECT_EQ(error.reason, "LABELS_INVALID");
  EXPECT_EQ(error.status.code(), Code::kInvalidArgument);
  EXPECT_THAT(error.status.message(), testing::HasSubstr("\"two words\" of team"));
}

TEST(SubmissionTest, ResumingFromAnUnknownJobIsNotFound) {
  v1::CreateJobRequest request;
  request.set_resume_from("jobs/nobody/checkpoints/latest");

  EXPECT_EQ(Refused(request, MakeFullJob()).reason, "JOB_NOT_FOUND");
}

TEST(SubmissionTest, ResumingFromAStepWithoutACheckpointIsNotFound) {
  v1::CreateJobRequest request;
  request.set_resume_from("jobs/full-1/checkpoints/30");

  EXPECT_EQ(Refused(request, MakeFullJob()).reason, "CHECKPOINT_NOT_FOUND");
}

TEST(SubmissionTest, RandomSuffixesAreIdsOfFiveCharacters) {
  EXPECT_THAT(RandomSuffix(), testing::MatchesRegex("[a-z0-9]{5}"));
}

}  // namespace
}  // namespace descent
