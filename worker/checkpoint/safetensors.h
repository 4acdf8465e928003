#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/result.h"
#include "worker/checkpoint/tensor.h"

namespace descent {

// Named f32 arrays in one file:
//   u64 N, little-endian   N bytes of JSON   the values, little-endian, without gaps
//   JSON: {"__metadata__": {"key": "text"}, "name": {"dtype": "F32", "shape": [2, 3],
//          "data_offsets": [first, last]}, …}   offsets in bytes from the end of the JSON
// Source: https://github.com/huggingface/safetensors, "Format". Stricter than that: see Parse.

// The bytes before the values of `tensors`, which follow in the order given. Names are distinct and
// allowed by IsTensorName. Ends on a multiple of 8 bytes.
std::string EncodeSafetensorsHeader(std::span<const TensorView> tensors);

// One tensor of a parsed file; the bytes belong to the file.
struct SafetensorsEntry {
  std::string name;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;  // 4 for each value, at any alignment
};

// The tensors of a whole file in the order of their bytes. kDataLoss, with what was found and
// wanted, unless: the header is at most 16 MiB of JSON without duplicate keys; every tensor is F32,
// has at most 8 dimensions and an allowed name; its bytes are as many as its shape wants; and the
// tensors' bytes tile the rest of the file without gap or overlap.
Result<std::vector<SafetensorsEntry>> ParseSafetensors(std::span<const std::byte> file);

// 1 to 512 printable ASCII characters, and not the reserved "__metadata__".
bool IsTensorName(const std::string& name);

}  // namespace descent
