"""Evaluates the operators of ONNX that exported models consist of, in f64, as
https://onnx.ai/onnx/operators says of opset 17."""

import math

import numpy
import onnx
from numpy.lib.stride_tricks import sliding_window_view
from onnx import numpy_helper


def erf(x):
    return numpy.vectorize(math.erf, otypes=[float])(x)


def sigmoid(x):
    return 1 / (1 + numpy.exp(-x))


def softmax(x, axis):
    shares = numpy.exp(x - x.max(axis=axis, keepdims=True))
    return shares / shares.sum(axis=axis, keepdims=True)


def gemm(a, b, transA=0, transB=0):
    return (a.T if transA else a) @ (b.T if transB else b)


def windows(x, kernel, strides, pads, padding, dilations=(1, 1)):
    """[batch, channels, rows, columns, kernel rows, kernel columns]"""
    top, left, bottom, right = pads
    padded = numpy.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=padding)
    reach = [dilation * (size - 1) + 1 for size, dilation in zip(kernel, dilations)]
    seen = sliding_window_view(padded, reach, axis=(2, 3))
    return seen[:, :, ::strides[0], ::strides[1], ::dilations[0], ::dilations[1]]


def conv(x, weight, bias=None, *, kernel_shape, strides, pads, dilations, group):
    seen = windows(x, kernel_shape, strides, pads, 0, dilations)
    outputs = []
    for part, filters in zip(numpy.split(seen, group, axis=1), numpy.split(weight, group)):
        outputs.append(numpy.einsum("ncpqij,ocij->nopq", part, filters))
    y = numpy.concatenate(outputs, axis=1)
    return y if bias is None else y + bias[:, None, None]


def max_pool(x, *, kernel_shape, strides, pads, dilations):
    return windows(x, kernel_shape, strides, pads, -numpy.inf, dilations).max(axis=(4, 5))


def average_pool(x, *, kernel_shape, strides, pads, count_include_pad):
    assert count_include_pad == 1
    return windows(x, kernel_shape, strides, pads, 0).mean(axis=(4, 5))


def batch_normalization(x, scale, bias, mean, variance, *, epsilon):
    scale, bias, mean, variance = (numbers.reshape(-1, *[1] * (x.ndim - 2))
                                   for numbers in (scale, bias, mean, variance))
    return (x - mean) / numpy.sqrt(variance + epsilon) * scale + bias


def layer_normalization(x, scale, bias, *, axis, epsilon):
    centred = x - x.mean(axis=axis, keepdims=True)
    deviation = numpy.sqrt((centred ** 2).mean(axis=axis, keepdims=True) + epsilon)
    return centred / deviation * scale + bias


OPERATORS = {
    "Add": numpy.add, "Sub": numpy.subtract, "Mul": numpy.multiply, "Div": numpy.divide,
    "Sqrt": numpy.sqrt, "Tanh": numpy.tanh, "Erf": erf, "Sigmoid": sigmoid,
    "Relu": lambda x: numpy.maximum(x, 0), "Identity": lambda x: x, "IsNaN": numpy.isnan,
    "Where": numpy.where, "Gemm": gemm, "MatMul": numpy.matmul, "Softmax": softmax,
    "Reshape": lambda x, shape: x.reshape(shape),
    "Flatten": lambda x, axis: x.reshape(math.prod(x.shape[:axis]), -1),
    "Transpose": lambda x, perm: x.transpose(perm),
    "Concat": lambda *parts, axis: numpy.concatenate(parts, axis),
    "Split": lambda x, sizes, axis: numpy.split(x, numpy.cumsum(sizes)[:-1], axis),
    "Gather": lambda x, indices, axis: numpy.take(x, indices, axis),
    "ReduceMean": lambda x, axes, keepdims: x.mean(axis=tuple(axes), keepdims=bool(keepdims)),
    "Conv": conv, "MaxPool": max_pool, "AveragePool": average_pool,
    "GlobalAveragePool": lambda x: x.mean(axis=(2, 3), keepdims=True),
    "BatchNormalization": batch_normalization, "LayerNormalization": layer_normalization,
}


def wide(array):
    return array.astype(float) if array.dtype == numpy.float32 else array


def load(path):
    """The model, once the checker of ONNX has found nothing wrong with it."""
    model = onnx.load(str(path))
    onnx.checker.check_model(model, full_check=True)
    return model


def evaluate(model, samples):
    """By name, the outputs of a model with one input for an array of samples."""
    values = {tensor.name: wide(numpy_helper.to_array(tensor)) for tensor in model.graph.initializer}
    values[model.graph.input[0].name] = samples
    for node in model.graph.node:
        attributes = {attribute.name: onnx.helper.get_attribute_value(attribute)
                      for attribute in node.attribute}
        result = OPERATORS[node.op_type](*(values[name] for name in node.input), **attributes)
        results = result if node.op_type == "Split" else [result]
        values.update(zip(node.output, results))
    return {output.name: values[output.name] for output in model.graph.output}
