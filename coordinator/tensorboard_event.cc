#include "coordinator/tensorboard_event.h"

#include <bit>
#include <boost/crc.hpp>
#include <cstdint>
#include <string_view>

#include "tensorflow/event.pb.h"

namespace descent {
namespace {

static_assert(std::endian::native == std::endian::little);

// CRC-32C (Castagnoli).
using Checksum = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;

template <typename T>
std::string BytesOf(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

// Masked, because the checksum of data that holds its own checksum says little.
std::string MaskedChecksum(std::string_view data) {
  Checksum checksum;
  checksum.process_bytes(data.data(), data.size());
  const std::uint32_t crc = checksum.checksum();
  return BytesOf(std::rotr(crc, 15) + 0xa282ead8U);
}

std::string RecordOf(const tensorflow::Event& event) {
  const std::string message = event.SerializeAsString();
  const std::string length = BytesOf(std::uint64_t{message.size()});
  return length + MaskedChecksum(length) + message + MaskedChecksum(message);
}

}  // namespace

std::string TensorBoardHeader(double time) {
  tensorflow::Event event;
  event.set_wall_time(time);
  event.set_file_version("brain.Event:2");
  return RecordOf(event);
}

std::string TensorBoardRecord(const MetricRow& row) {
  tensorflow::Event event;
  event.set_wall_time(row.time);
  event.set_step(row.step);
  for (const auto& [name, value] : row.values) {
    tensorflow::Summary::Value& added = *event.mutable_summary()->add_value();
    added.set_tag(name);
    added.set_simple_value(static_cast<float>(value));
  }
  return RecordOf(event);
}

}  // namespace descent
