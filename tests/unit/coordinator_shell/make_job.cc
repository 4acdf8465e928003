#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {

JobSpec MakeSpec() {
  JobSpec spec;
  spec.name = "small";
  std::get<MlpSpec>(spec.model.architecture).hidden_sizes = {16};
  spec.data.train.path = "/data/train";
  spec.batch.global = 64;
  spec.steps = 100;
  return WithDefaults(spec);
}

Job MakeJob(const std::string& id, std::int64_t sequence) {
  Job job;
  job.id = id;
  job.spec = MakeSpec();
  job.sequence = sequence;
  job.create_time = 1000;
  return job;
}

Job MakeFullJob() {
  Job job = MakeJob("full-1", 7);
  job.spec.data.validation = DatasetSpec{"/data/validation", DataFormat::kIdx, IndexRange{5, 10}};
  std::get<AdamWSpec>(job.spec.optimizer.algorithm).no_decay = {"*.bias"};
  job.spec.seed = 42;
  job.spec.stop_at_step = 80;
  job.state = JobState::kRunning;
  job.state_reason = "GangReady";
  job.state_message = "all ranks agree";
  job.request_id = "request-1";
  job.priority = 70;
  job.is_preemptible = true;
  job.labels = {{"stage", ""}, {"team", "nlp"}};
  job.deadline_seconds = 7200;
  job.retention = {.days = 30, .deletes_checkpoints = true};
  job.active_seconds = 61.5;
  job.active_until = 1061.5;
  job.revision = 5;
  job.median_step_seconds = 0.25;
  job.last_step_seconds = 0.5;
  job.last_step_time = 1060.5;
  job.skipped_saves = {
      .count = 2, .last_step = 48, .last_message = "the disk is full", .first_time = 1058.5};
  job.checkpoint_healthy_time = 1020.5;
  job.coordinator_version = "0.9.0";
  job.worker_version = "0.9.1";
  job.attempt = {.attempt = 2,
                 .generation = 9,
                 .start_step = 40,
                 .workers = {"a/0", "b/1"},
                 .start_time = 1050.5,
                 .begin_time = 1051.5,
                 .save_requests = 3,
                 .save_requests_done = 2,
                 .save_requests_failed = 1};
  job.earlier_attempts = {{.attempt = 1,
                           .generation = 8,
                           .workers = {"a/0"},
                           .start_time = 1001.5,
                           .end_time = 1049.5,
                           .end_step = 44,
                           .end_reason = "WorkerLost",
                           .end_message = "rank 0 ended with signal 9",
                           .failure = FailureRecord{"WorkerLost", "rank 0 ended with signal 9", 0,
                                                    "a", 44, "reduce", 0, 9}}};
  job.validation =
      ValidationRecord{40, {{EvaluationMetric::kLoss, 0.75}, {EvaluationMetric::kAccuracy, 0.5}}};
  job.gradient_noise = {.mean = {.signal = 0.25, .noise = 80}, .steps = 50};
  job.attempts_without_progress = 1;
  job.failure = FailureRecord{"PeerLost", "rank 1 is gone", 1, "b", 44, "reduce"};
  job.failure->secondary = {FailureRecord{"WorkerLost", "rank 0 was lost", 0, "a", 44, "reduce"}};
  job.train_samples = 640;
  job.parameter_count = 1234;
  job.instruction_set = "avx2";
  job.dataset_fingerprint = {1, 2};
  job.step = 50;
  job.epoch = 5;
  job.samples_per_second = 1000.5;
  job.steps_per_second = 10.25;
  job.latest_metrics = {{"train/loss", 0.5}, {"validation/loss", 0.75}};
  job.checkpoints = {{20, 2, "/checkpoints/full-1/step-20", {3, 4}, 2048, 1020.5},
                     {40,
                      4,
                      "/checkpoints/full-1/step-40",
                      {5, 6},
                      4096,
                      1040.5,
                      {{EvaluationMetric::kLoss, 0.75}, {EvaluationMetric::kAccuracy, 0.5}},
                      true}};
  job.verified_steps = {{45, {9, 10}}, {50, {11, 12}}};
  job.state_digest = Digest{7, 8};
  job.start_checkpoint = "/checkpoints/old-1/step-10";
  job.forked_from = "jobs/old-1/checkpoints/10";
  job.start_time = 1001.5;
  job.end_time = 1100.5;
  return job;
}

}  // namespace descent
