#include "worker/kernels/cpu/strided_rows.h"

#include "common/check.h"

namespace descent::cpu {

Strides DenseStrides(const Shape& shape) {
  Strides strides(shape.size());
  std::size_t stride = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= static_cast<std::size_t>(shape[i]);
  }
  return strides;
}

Strides BroadcastStrides(const Shape& operand, const Shape& shape) {
  const Strides dense = DenseStrides(operand);
  const std::size_t missing = shape.size() - operand.size();
  Strides strides(shape.size());
  for (std::size_t i = missing; i < shape.size(); ++i) {
    if (operand[i - missing] != 1) strides[i] = dense[i - missing];
  }
  return strides;
}

StridedRows::StridedRows(const Shape& shape, std::span<const Strides> operands) {
  DESCENT_CHECK(operands.size() <= kOperandsMax);
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 1) continue;
    Axis axis{static_cast<std::size_t>(shape[i]), {}};
    for (std::size_t operand = 0; operand < operands.size(); ++operand)
      axis.strides[operand] = operands[operand][i];
    bool goes_on = !axes_.empty();
    for (std::size_t operand = 0; goes_on && operand < operands.size(); ++operand)
      goes_on = axes_.back().strides[operand] == axis.size * axis.strides[operand];
    if (goes_on) {
      axes_.back() = {axes_.back().size * axis.size, axis.strides};
    } else {
      axes_.push_back(axis);
    }
  }
  if (axes_.empty()) return;
  columns_ = axes_.back().size;
  column_strides_ = axes_.back().strides;
  axes_.pop_back();
  for (const Axis& axis : axes_) rows_ *= axis.size;
}

StridedRows::Offsets StridedRows::OffsetsOf(std::size_t row) const {
  Offsets offsets = {};
  for (std::size_t i = axes_.size(); i-- > 0;) {
    const std::size_t place = row % axes_[i].size;
    row /= axes_[i].size;
    for (std::size_t operand = 0; operand < kOperandsMax; ++operand)
      offsets[operand] += place * axes_[i].strides[operand];
  }
  return offsets;
}

}  // namespace descent::cpu
