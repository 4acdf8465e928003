#include "worker/kernels/widened_row_step.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "common/aligned_buffer.h"
#include "common/check.h"
#include "worker/kernels/cpu/bfloat16_run.h"
#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/row_addresses.h"

namespace descent {
namespace {

// Of an operand at a time: with those of two or three more it fits the second-level cache, mostly
// the first.
constexpr std::size_t kElementsAtATime = 2048;
constexpr std::size_t kLineElements = 16;  // of 64 bytes

// An operand as it is stored, and where its rows are in a thread's memory if they are widened.
struct StoredRows {
  std::size_t columns = 0;  // 0: read whole
  bool is_bfloat16 = false;
  std::size_t offset = 0;

  std::size_t RowBytes() const { return columns * (is_bfloat16 ? 2 : 4); }
};

class WidenedRowStep final : public Step {
 public:
  WidenedRowStep(std::unique_ptr<RowStep> step, const KernelRequest& request)
      : step_(std::move(step)), pool_(request.pool) {
    const RowLayout& layout = step_->layout();
    std::size_t widest = 1;
    for (const auto* columns : {&layout.input_columns, &layout.output_columns})
      for (const std::size_t count : *columns) widest = std::max(widest, count);
    rows_at_a_time_ = std::max<std::size_t>(1, kElementsAtATime / widest);
    std::size_t scratch = 0;
    for (std::size_t i = 0; i < request.node.inputs.size(); ++i)
      inputs_.push_back(Stored(request.input(i), layout.input_columns[i], scratch));
    for (std::size_t i = 0; i < request.node.outputs.size(); ++i)
      outputs_.push_back(Stored(request.output(i), layout.output_columns[i], scratch));
    for (int thread = 0; thread < pool_.thread_count(); ++thread)
      scratches_.emplace_back(static_cast<std::int64_t>(scratch));
  }

  void Run(const StepRun& run) override {
    const std::size_t rows = step_->layout().rows;
    const std::size_t run_rows = step_->layout().RowsPerRun();
    const std::size_t tiles = (rows + run_rows - 1) / run_rows;
    pool_.ParallelFor(static_cast<std::int64_t>(tiles), [&](std::int64_t tile, int thread) {
      float* const scratch = scratches_[static_cast<std::size_t>(thread)].span().data();
      const std::size_t last = std::min(rows, static_cast<std::size_t>(tile + 1) * run_rows);
      for (std::size_t first = static_cast<std::size_t>(tile) * run_rows; first < last;
           first += rows_at_a_time_)
        RunRows(run, scratch, first, std::min(rows_at_a_time_, last - first));
    });
  }

 private:
  StoredRows Stored(const TensorType& type, std::size_t columns, std::size_t& scratch) const {
    const StoredRows rows = {columns, type.type == DataType::kBFloat16, scratch};
    if (!rows.is_bfloat16) return rows;
    const std::size_t count = rows_at_a_time_ * columns;
    scratch += (count + kLineElements - 1) / kLineElements * kLineElements;
    return rows;
  }

  void RunRows(const StepRun& run, float* scratch, std::size_t first, std::size_t count) const {
    RowAddresses addresses(run);
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const StoredRows& stored = inputs_[i];
      const void* from = static_cast<const std::byte*>(run.inputs[i]) + first * stored.RowBytes();
      addresses.SetInput(i, stored.is_bfloat16 ? scratch + stored.offset : from);
      if (stored.is_bfloat16)
        cpu::WidenRun(static_cast<const std::uint16_t*>(from), count * stored.columns,
                      scratch + stored.offset);
    }
    for (std::size_t i = 0; i < outputs_.size(); ++i)
      addresses.SetOutput(
          i, outputs_[i].is_bfloat16 ? scratch + outputs_[i].offset : OutputRow(run, i, first));
    step_->RunRows(addresses.rows(), first, count);
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      if (!outputs_[i].is_bfloat16) continue;
      cpu::RoundRun(scratch + outputs_[i].offset, count * outputs_[i].columns,
                    static_cast<std::uint16_t*>(OutputRow(run, i, first)));
    }
  }

  void* OutputRow(const StepRun& run, std::size_t i, std::size_t row) const {
    return static_cast<std::byte*>(run.outputs[i]) + row * outputs_[i].RowBytes();
  }

  const std::unique_ptr<RowStep> step_;
  ThreadPool& pool_;
  std::size_t rows_at_a_time_ = 1;
  std::vector<StoredRows> inputs_, outputs_;
  std::vector<AlignedBuffer> scratches_;  // by thread
};

}  // namespace

bool CanWidenRows(const RowLayout& layout, const KernelRequest& request) {
  for (std::size_t i = 0; i < layout.input_columns.size(); ++i) {
    const bool is_whole = layout.input_columns[i] == 0;
    if (is_whole && request.input(i).type == DataType::kBFloat16) return false;
  }
  return true;
}

std::unique_ptr<Step> WidenRows(std::unique_ptr<RowStep> step, const KernelRequest& request) {
  DESCENT_CHECK(CanWidenRows(step->layout(), request));
  return std::make_unique<WidenedRowStep>(std::move(step), request);
}

}  // namespace descent
