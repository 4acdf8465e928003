#include <algorithm>

#include "tests/numeric/reference_operands.h"

namespace descent {
namespace {

// Where element `i` of a tensor of this shape is, axis by axis, and the inverse.
Shape PlaceOf(std::size_t i, const Shape& shape) {
  Shape place(shape.size());
  auto rest = static_cast<std::int64_t>(i);
  for (std::size_t axis = shape.size(); axis-- > 0; rest /= shape[axis])
    place[axis] = rest % shape[axis];
  return place;
}

std::size_t IndexOf(const Shape& place, const Shape& shape) {
  std::int64_t index = 0;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) index = index * shape[axis] + place[axis];
  return static_cast<std::size_t>(index);
}

std::size_t AxisOf(const Operands& o) {
  return static_cast<std::size_t>(o.node.attributes.Integer("axis"));
}

void Reshape(const Operands& o) { o.out(0) = o.in(0); }

void Transpose(const Operands& o) {
  const Shape& permutation = o.node.attributes.Integers("permutation");
  for (std::size_t i = 0; i < o.out(0).size(); ++i) {
    const Shape to = PlaceOf(i, o.out_shape(0));
    Shape from(to.size());
    for (std::size_t axis = 0; axis < to.size(); ++axis)
      from[static_cast<std::size_t>(permutation[axis])] = to[axis];
    o.out(0)[i] = o.in(0)[IndexOf(from, o.in_shape(0))];
  }
}

// Where an element of a slice comes from.
Shape SourceOf(const Operands& o, Shape place) {
  for (std::size_t axis = 0; axis < place.size(); ++axis)
    place[axis] = o.node.attributes.Integers("starts")[axis] +
                  place[axis] * o.node.attributes.Integers("steps")[axis];
  return place;
}

void Slice(const Operands& o) {
  for (std::size_t i = 0; i < o.out(0).size(); ++i)
    o.out(0)[i] = o.in(0)[IndexOf(SourceOf(o, PlaceOf(i, o.out_shape(0))), o.in_shape(0))];
}

void SliceGradient(const Operands& o) {
  for (std::size_t i = 0; i < o.in(0).size(); ++i)
    o.out(0)[IndexOf(SourceOf(o, PlaceOf(i, o.in_shape(0))), o.out_shape(0))] = o.in(0)[i];
}

void Concat(const Operands& o) {
  std::int64_t offset = 0;
  for (std::size_t part = 0; part < o.node.inputs.size(); ++part) {
    for (std::size_t i = 0; i < o.in(part).size(); ++i) {
      Shape place = PlaceOf(i, o.in_shape(part));
      place[AxisOf(o)] += offset;
      o.out(0)[IndexOf(place, o.out_shape(0))] = o.in(part)[i];
    }
    offset += o.in_shape(part)[AxisOf(o)];
  }
}

void Split(const Operands& o) {
  std::int64_t offset = 0;
  for (std::size_t part = 0; part < o.node.outputs.size(); ++part) {
    for (std::size_t i = 0; i < o.out(part).size(); ++i) {
      Shape place = PlaceOf(i, o.out_shape(part));
      place[AxisOf(o)] += offset;
      o.out(part)[i] = o.in(0)[IndexOf(place, o.in_shape(0))];
    }
    offset += o.out_shape(part)[AxisOf(o)];
  }
}

// Where an element of a gathered tensor comes from.
std::size_t GatheredFrom(const Operands& o, std::size_t i, const Shape& gathered,
                         const std::vector<double>& indices, const Shape& of_indices,
                         const Shape& source) {
  const auto axis = static_cast<std::ptrdiff_t>(AxisOf(o));
  const auto count = static_cast<std::ptrdiff_t>(of_indices.size());
  Shape place = PlaceOf(i, gathered);
  const Shape which(place.begin() + axis, place.begin() + axis + count);
  place.erase(place.begin() + axis, place.begin() + axis + count);
  place.insert(place.begin() + axis,
               static_cast<std::int64_t>(indices[IndexOf(which, of_indices)]));
  return IndexOf(place, source);
}

void Gather(const Operands& o) {
  for (std::size_t i = 0; i < o.out(0).size(); ++i)
    o.out(0)[i] =
        o.in(0)[GatheredFrom(o, i, o.out_shape(0), o.in(1), o.in_shape(1), o.in_shape(0))];
}

void GatherGradient(const Operands& o) {
  for (std::size_t i = 0; i < o.in(1).size(); ++i)
    o.out(0)[GatheredFrom(o, i, o.in_shape(1), o.in(0), o.in_shape(0), o.out_shape(0))] +=
        o.in(1)[i];
}

}  // namespace

const InterpretationTable& MovementInterpretations() {
  static const InterpretationTable kTable = {
      {"reshape", Reshape}, {"transpose", Transpose},
      {"slice", Slice},     {"slice_gradient", SliceGradient},
      {"concat", Concat},   {"split", Split},
      {"gather", Gather},   {"gather_gradient", GatherGradient},
  };
  return kTable;
}

}  // namespace descent
