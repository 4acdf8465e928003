#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/job_spec.h"
#include "common/sample_format.h"
#include "worker/kernels/thread_pool.h"
#include "worker/plan/plan.h"

namespace descent {

// A small training problem: a model, its initial parameters and random samples.
struct Problem {
  ModelSpec model;
  SampleFormat format;
  std::int64_t rows = 0;

  Graph BuildGraph(std::int64_t batch_rows) const;
  ParameterLayout Layout() const;
  std::vector<float> Parameters() const;
  std::vector<float> Features() const;       // [rows, features]
  std::vector<std::int32_t> Tokens() const;  // [rows, tokens]
  std::vector<std::int32_t> Labels() const;  // [rows, labels of a sample]
};

Problem SmallMlp(Activation activation, double dropout);  // odd sizes, one tile each
Problem LargeMlp();                                       // several tiles and buckets, dropout
Problem SmallGpt(double dropout);                         // odd sizes
Problem SmallLlama(double dropout);                       // all that is not GPT-2's, odd sizes
Problem LargeLlama();                                     // several tiles and buckets, dropout
Problem LargeGpt();                                       // several tiles and buckets, dropout
Problem SmallConvnet(double dropout);                     // odd sizes, batch norm
Problem LargeConvnet();                                   // several groups of samples, dropout

// What a run wrote.
struct Outcome {
  std::vector<float> gradients;
  std::vector<float> losses;
  std::vector<float> correct;
  std::vector<float> top_five;
  std::vector<float> logits;

  bool operator==(const Outcome&) const = default;
};

// A plan for some rows of a problem.
class CompiledProblem {
 public:
  CompiledProblem(const Problem& problem, PlanKind kind, int threads, std::int64_t rows);
  CompiledProblem(const Problem& problem, PlanKind kind, int threads = 1)
      : CompiledProblem(problem, kind, threads, problem.rows) {}

  Plan& plan() { return *plan_; }
  const ParameterLayout& layout() const { return layout_; }
  Outcome EmptyOutcome() const;

  // Spans for a run on the rows [first_row, first_row + rows), at step 3 of seed 11. `outcome` and
  // this object outlive the run.
  PlanRun RunOn(std::int64_t first_row, Outcome& outcome) const;

  // Runs on the first rows.
  Outcome Run();

 private:
  const Problem problem_;
  const PlanKind kind_;
  const std::int64_t rows_;
  const ParameterLayout layout_;
  const std::vector<float> parameters_;
  const std::vector<float> features_;
  const std::vector<std::int32_t> tokens_;
  const std::vector<std::int32_t> labels_;
  ThreadPool pool_;
  std::unique_ptr<Plan> plan_;
};

}  // namespace descent
