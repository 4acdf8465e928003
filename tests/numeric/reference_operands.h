#pragma once

#include <cstddef>
#include <map>
#include <string_view>

#include "tests/numeric/reference_interpreter.h"

namespace descent {

// One node's operands, by position.
struct Operands {
  const Graph& graph;
  const Node& node;
  const ReferenceRandom& random;
  ReferenceValues& values;

  const std::vector<double>& in(std::size_t i) const { return values[Index(node.inputs[i])]; }
  std::vector<double>& out(std::size_t i) const { return values[Index(node.outputs[i])]; }
  const Shape& in_shape(std::size_t i) const { return graph.value(node.inputs[i]).type.shape; }
  const Shape& out_shape(std::size_t i) const { return graph.value(node.outputs[i]).type.shape; }

  static std::size_t Index(ValueId id) { return static_cast<std::size_t>(id.index); }
};

// Fills in a node's outputs, which are zeros before. By the name of the op.
using Interpretation = void (*)(const Operands&);
using InterpretationTable = std::map<std::string_view, Interpretation>;

// y[i] = f(x[i]), and y[i] = f(a[i], b[i]).
template <double (*f)(double)>
void Map(const Operands& o) {
  for (std::size_t i = 0; i < o.out(0).size(); ++i) o.out(0)[i] = f(o.in(0)[i]);
}
template <double (*f)(double, double)>
void Map(const Operands& o) {
  for (std::size_t i = 0; i < o.out(0).size(); ++i) o.out(0)[i] = f(o.in(0)[i], o.in(1)[i]);
}

// Families of ops in files of their own.
const InterpretationTable& BroadcastInterpretations();    // reference_broadcast.cc
const InterpretationTable& ImageInterpretations();        // reference_images.cc
const InterpretationTable& LossInterpretations();         // reference_losses.cc
const InterpretationTable& MovementInterpretations();     // reference_movement.cc
const InterpretationTable& ReduceInterpretations();       // reference_reduce.cc
const InterpretationTable& TransformerInterpretations();  // reference_transformer.cc
const InterpretationTable& UnaryInterpretations();        // reference_unary.cc

}  // namespace descent
