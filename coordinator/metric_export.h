#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "coordinator/metric_rows.h"

namespace descent {

// A header, and a line of a row, in CSV: step, time, a column for each of `names`.
std::string CsvHeader(const std::vector<std::string>& names);
std::string CsvLine(const MetricRow& row, const std::vector<std::string>& names);

enum class MetricFormat {
  kCsv,          // a header, then a row for each step: step, time, a column for each metric
  kJsonLines,    // an object for each step: {"step":1,"time":1.5,"train/loss":0.25}
  kTensorBoard,  // tensorboard_event.h
};

// All points of a job as a file. What a step lacks is empty (CSV) or left out; a value that is no
// number is NaN, inf or -inf in CSV and null in JSON, which has none. One thread; blocks.
class MetricExport {
 public:
  MetricExport(MetricFormat format, std::unique_ptr<MetricRows> rows);

  // The next bytes of the file, about 1 MiB; empty: it is complete.
  Result<std::string> NextChunk();

 private:
  std::string Header() const;
  std::string Encode(const MetricRow& row) const;

  const MetricFormat format_;
  const std::unique_ptr<MetricRows> rows_;
  bool has_begun_ = false;
};

}  // namespace descent
