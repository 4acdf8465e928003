#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "worker/kernels/kernel.h"

namespace descent {

// How the operands of a step fall into rows.
struct RowLayout {
  std::size_t rows = 0;
  // Elements of a row, by operand; 0 where every row reads all of it.
  std::vector<std::size_t> input_columns, output_columns;

  // Rows that make a run worth waking a thread for.
  std::size_t RowsPerRun() const;
};

// A step whose rows are computed one by one: row r of every output is a function of row r of the
// inputs, of inputs that are read whole, and of r. Shares runs of rows out over the pool.
class RowStep : public Step {
 public:
  RowStep(RowLayout layout, ThreadPool& pool) : layout_(std::move(layout)), pool_(pool) {}

  void Run(const StepRun& run) final;

  // Computes rows [first, first + count) on the calling thread. The addresses are those of row
  // `first`, or of the whole operand.
  virtual void RunRows(const StepRun& rows, std::size_t first, std::size_t count) const = 0;

  const RowLayout& layout() const { return layout_; }

 private:
  const RowLayout layout_;
  ThreadPool& pool_;
};

// A RowStep that is one function of the rows: body(rows, first, count).
template <typename Body>
std::unique_ptr<Step> MakeRowStep(RowLayout layout, ThreadPool& pool, Body body) {
  class BodyStep final : public RowStep {
   public:
    BodyStep(RowLayout rows_layout, ThreadPool& rows_pool, Body rows_body)
        : RowStep(std::move(rows_layout), rows_pool), body_(std::move(rows_body)) {}
    void RunRows(const StepRun& rows, std::size_t first, std::size_t count) const override {
      body_(rows, first, count);
    }

   private:
    const Body body_;
  };
  return std::make_unique<BodyStep>(std::move(layout), pool, std::move(body));
}

// The same of a step whose every element is a row: body(rows, count).
template <typename Body>
std::unique_ptr<Step> MakeElementStep(const KernelRequest& request, Body body) {
  const std::vector<std::size_t> inputs(request.node.inputs.size(), 1);
  const std::vector<std::size_t> outputs(request.node.outputs.size(), 1);
  const auto elements = static_cast<std::size_t>(ElementCount(request.output(0).shape));
  return MakeRowStep({elements, inputs, outputs}, request.pool,
                     [body = std::move(body)](const StepRun& rows, std::size_t, std::size_t count) {
                       body(rows, count);
                     });
}

}  // namespace descent
