#include "worker/ops/window.h"

#include <algorithm>
#include <string>

namespace descent {
namespace {

Shape ShapeOf(PlaneSize size) { return {size[0], size[1]}; }

PlaneSize SizeOf(const Shape& shape) {
  DESCENT_CHECK(shape.size() == 2);
  return {shape[0], shape[1]};
}

}  // namespace

Attributes AttributesOf(const Window& window) {
  return {{"kernel", ShapeOf(window.kernel)},
          {"stride", ShapeOf(window.stride)},
          {"padding", ShapeOf(window.padding)},
          {"dilation", ShapeOf(window.dilation)}};
}

Window WindowOf(const Attributes& attributes) {
  return {.kernel = SizeOf(attributes.Integers("kernel")),
          .stride = SizeOf(attributes.Integers("stride")),
          .padding = SizeOf(attributes.Integers("padding")),
          .dilation = SizeOf(attributes.Integers("dilation"))};
}

Status ExpectImages(const TensorType& operand, std::string_view name) {
  DESCENT_RETURN_IF_ERROR(ExpectType(operand, name, DataType::kFloat32));
  return ExpectAxes(operand, name, 4);
}

Result<PlaneSize> PlacesIn(const TensorType& x, const Window& window) {
  DESCENT_RETURN_IF_ERROR(ExpectImages(x, "x"));
  PlaneSize places = {};
  for (std::size_t axis = 0; axis < 2; ++axis) {
    DESCENT_CHECK(window.kernel[axis] >= 1);
    DESCENT_CHECK(window.stride[axis] >= 1);
    DESCENT_CHECK(window.padding[axis] >= 0);
    DESCENT_CHECK(window.dilation[axis] >= 1);
    const std::int64_t reach = window.dilation[axis] * (window.kernel[axis] - 1) + 1;
    const std::int64_t room = x.shape[2 + axis] + 2 * window.padding[axis] - reach;
    if (room < 0)
      return Status(Code::kInvalidArgument,
                    "a window of " + ToString(ShapeOf(window.kernel)) + " with dilation " +
                        ToString(ShapeOf(window.dilation)) + " does not fit in x " +
                        ToString(x.shape) + " with padding " + ToString(ShapeOf(window.padding)));
    places[axis] = room / window.stride[axis] + 1;
  }
  return places;
}

Window SampleWindow(SampleSource& source, PlaneSize plane) {
  Window window;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    window.kernel[axis] = source.Integer(1, std::min<std::int64_t>(3, plane[axis]));
    window.stride[axis] = source.Integer(1, 3);
    window.padding[axis] = source.Integer(0, window.kernel[axis] / 2);
  }
  return window;
}

}  // namespace descent
