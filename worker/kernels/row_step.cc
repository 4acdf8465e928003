#include "worker/kernels/row_step.h"

#include <algorithm>

#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/row_addresses.h"

namespace descent {

std::size_t RowLayout::RowsPerRun() const {
  std::size_t widest = 1;
  for (const std::size_t columns : input_columns) widest = std::max(widest, columns);
  for (const std::size_t columns : output_columns) widest = std::max(widest, columns);
  return cpu::RowsPerRun(widest);
}

void RowStep::Run(const StepRun& run) {
  cpu::ForEachRun(pool_, layout_.rows, layout_.RowsPerRun(),
                  [&](std::size_t first, std::size_t count) {
                    RowAddresses addresses(run);
                    for (std::size_t i = 0; i < run.inputs.size(); ++i)
                      addresses.SetInput(i, run.input(i) + first * layout_.input_columns[i]);
                    for (std::size_t i = 0; i < run.outputs.size(); ++i)
                      addresses.SetOutput(i, run.output(i) + first * layout_.output_columns[i]);
                    RunRows(addresses.rows(), first, count);
                  });
}

}  // namespace descent
