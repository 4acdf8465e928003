#include "coordinator/metric_export.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "common/clock.h"
#include "common/limits.h"
#include "coordinator/tensorboard_event.h"

namespace descent {

std::string CsvHeader(const std::vector<std::string>& names) {
  return fmt::format("step,time{}{}\n", names.empty() ? "" : ",", fmt::join(names, ","));
}

std::string CsvLine(const MetricRow& row, const std::vector<std::string>& names) {
  std::string line = fmt::format("{},{}", row.step, row.time);
  for (const std::string& name : names) {
    line += ',';
    if (const auto found = row.values.find(name); found != row.values.end())
      line += fmt::format("{}", found->second);
  }
  return line + "\n";
}

MetricExport::MetricExport(MetricFormat format, std::unique_ptr<MetricRows> rows)
    : format_(format), rows_(std::move(rows)) {}

Result<std::string> MetricExport::NextChunk() {
  std::string chunk;
  if (!std::exchange(has_begun_, true)) chunk = Header();
  while (chunk.size() < limits::kChunkBytes) {
    DESCENT_ASSIGN(const std::optional<MetricRow> row, rows_->Next());
    if (!row) break;
    chunk += Encode(*row);
  }
  return chunk;
}

std::string MetricExport::Header() const {
  switch (format_) {
    case MetricFormat::kCsv:
      return CsvHeader(rows_->names());
    case MetricFormat::kJsonLines:
      return "";
    case MetricFormat::kTensorBoard:
      return TensorBoardHeader(SecondsSinceEpoch());
  }
  return "";
}

std::string MetricExport::Encode(const MetricRow& row) const {
  switch (format_) {
    case MetricFormat::kCsv:
      return CsvLine(row, rows_->names());
    case MetricFormat::kJsonLines: {
      nlohmann::ordered_json object = {{"step", row.step}, {"time", row.time}};
      for (const auto& [name, value] : row.values) object[name] = value;
      return object.dump() + "\n";
    }
    case MetricFormat::kTensorBoard:
      return TensorBoardRecord(row);
  }
  return "";
}

}  // namespace descent
