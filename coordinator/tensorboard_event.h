#pragma once

#include <string>

#include "coordinator/metric_rows.h"

namespace descent {

// Event files of TensorBoard: a sequence of records of tensorflow.Event (proto/tensorflow), each
//   uint64 length, uint32 masked CRC-32C of these eight bytes, the message, uint32 masked CRC-32C
// of the message; little-endian. Source: tensorflow/core/lib/io/record_writer.h.

// The record that a file begins with.
std::string TensorBoardHeader(double time);

// The record of one step. TensorBoard keeps numbers as f32.
std::string TensorBoardRecord(const MetricRow& row);

}  // namespace descent
