#include <cmath>
#include <functional>

#include "tests/numeric/reference_operands.h"

namespace descent {
namespace {

using Tensor = std::vector<double>;

// Index (b, c, h, w) in a tensor of [B, C, H, W].
std::size_t At(const Shape& shape, std::int64_t b, std::int64_t c, std::int64_t h, std::int64_t w) {
  return static_cast<std::size_t>(((b * shape[1] + c) * shape[2] + h) * shape[3] + w);
}

// Calls body(place, source) for every element of a plane that a window at `place` = (p, q) covers,
// padding left out: source is (h, w) in the plane, tap (i, j) in the window.
struct Tap {
  std::int64_t p, q, h, w, i, j;
};
struct Sweep {
  Shape x, y, kernel, stride, padding, dilation;

  void ForEachTap(const std::function<void(const Tap&)>& body) const {
    for (std::int64_t p = 0; p < y[2]; ++p)
      for (std::int64_t q = 0; q < y[3]; ++q)
        for (std::int64_t i = 0; i < kernel[0]; ++i)
          for (std::int64_t j = 0; j < kernel[1]; ++j) {
            const std::int64_t h = p * stride[0] + i * dilation[0] - padding[0];
            const std::int64_t w = q * stride[1] + j * dilation[1] - padding[1];
            if (0 <= h && h < x[2] && 0 <= w && w < x[3]) body({p, q, h, w, i, j});
          }
  }
};

Sweep SweepOf(const Operands& o, const Shape& x, const Shape& y, const Shape& kernel) {
  const Attributes& attributes = o.node.attributes;
  return {x,
          y,
          kernel,
          attributes.Integers("stride"),
          attributes.Integers("padding"),
          attributes.Integers("dilation")};
}

// Calls body(indices of x, weight and y) for every product of a convolution.
void ForEachProduct(const Operands& o, const Shape& x, const Shape& weight, const Shape& y,
                    const std::function<void(std::size_t, std::size_t, std::size_t)>& body) {
  const std::int64_t outputs_per_group = weight[0] / o.node.attributes.Integer("groups");
  const Sweep sweep = SweepOf(o, x, y, {weight[2], weight[3]});
  for (std::int64_t b = 0; b < x[0]; ++b)
    for (std::int64_t out = 0; out < weight[0]; ++out)
      for (std::int64_t c = 0; c < weight[1]; ++c)
        sweep.ForEachTap([&](const Tap& tap) {
          const std::int64_t channel = out / outputs_per_group * weight[1] + c;
          body(At(x, b, channel, tap.h, tap.w), At(weight, out, c, tap.i, tap.j),
               At(y, b, out, tap.p, tap.q));
        });
}

void Conv2d(const Operands& o) {
  const Shape& y = o.out_shape(0);
  if (o.node.inputs.size() == 3) {
    const auto plane = static_cast<std::size_t>(y[2] * y[3]);
    for (std::size_t i = 0; i < o.out(0).size(); ++i)
      o.out(0)[i] = o.in(2)[i / plane % o.in(2).size()];
  }
  ForEachProduct(o, o.in_shape(0), o.in_shape(1), y,
                 [&](std::size_t in, std::size_t weight, std::size_t out) {
                   o.out(0)[out] += o.in(0)[in] * o.in(1)[weight];
                 });
}

void Conv2dInputGradient(const Operands& o) {
  ForEachProduct(o, o.out_shape(0), o.in_shape(1), o.in_shape(0),
                 [&](std::size_t in, std::size_t weight, std::size_t out) {
                   o.out(0)[in] += o.in(0)[out] * o.in(1)[weight];
                 });
}

void Conv2dWeightGradient(const Operands& o) {
  ForEachProduct(o, o.in_shape(1), o.out_shape(0), o.in_shape(0),
                 [&](std::size_t in, std::size_t weight, std::size_t out) {
                   o.out(0)[weight] += o.in(0)[out] * o.in(1)[in];
                 });
}

// Of each element of a tensor [B, C, ...], by index.
struct Channels {
  explicit Channels(const Shape& shape)
      : count(static_cast<std::size_t>(shape[1])),
        samples(static_cast<std::size_t>(shape[0])),
        elements(static_cast<std::size_t>(ElementCount(shape)) / count),
        plane(elements / samples) {}

  std::size_t Of(std::size_t i) const { return i / plane % count; }

  std::size_t count;
  std::size_t samples;
  std::size_t elements;  // of a channel
  std::size_t plane;
};

void ChannelSum(const Operands& o) {
  const Channels channels(o.in_shape(0));
  for (std::size_t i = 0; i < o.in(0).size(); ++i) o.out(0)[channels.Of(i)] += o.in(0)[i];
}

// Calls body(b, c) for every plane.
void ForEachPlane(const Shape& x, const std::function<void(std::int64_t, std::int64_t)>& body) {
  for (std::int64_t b = 0; b < x[0]; ++b)
    for (std::int64_t c = 0; c < x[1]; ++c) body(b, c);
}

// By index of y, the index in x of the first largest element of the window.
std::vector<std::size_t> LargestOf(const Operands& o, const Tensor& x, const Shape& x_shape,
                                   const Shape& y_shape) {
  const std::size_t none = x.size();
  std::vector<std::size_t> largest(static_cast<std::size_t>(ElementCount(y_shape)), none);
  const Sweep sweep = SweepOf(o, x_shape, y_shape, o.node.attributes.Integers("kernel"));
  ForEachPlane(x_shape, [&](std::int64_t b, std::int64_t c) {
    sweep.ForEachTap([&](const Tap& tap) {
      const std::size_t from = At(x_shape, b, c, tap.h, tap.w);
      std::size_t& found = largest[At(y_shape, b, c, tap.p, tap.q)];
      if (found == none || x[from] > x[found]) found = from;
    });
  });
  return largest;
}

void MaxPool2d(const Operands& o) {
  const std::vector<std::size_t> largest = LargestOf(o, o.in(0), o.in_shape(0), o.out_shape(0));
  for (std::size_t i = 0; i < largest.size(); ++i) o.out(0)[i] = o.in(0)[largest[i]];
}

void MaxPool2dGradient(const Operands& o) {
  const std::vector<std::size_t> largest = LargestOf(o, o.in(1), o.in_shape(1), o.in_shape(0));
  for (std::size_t i = 0; i < largest.size(); ++i) o.out(0)[largest[i]] += o.in(0)[i];
}

void ForEachMean(const Operands& o, const Shape& x, const Shape& y,
                 const std::function<void(std::size_t, std::size_t, double)>& body) {
  const Shape& kernel = o.node.attributes.Integers("kernel");
  const double share = 1.0 / static_cast<double>(kernel[0] * kernel[1]);
  const Sweep sweep = SweepOf(o, x, y, kernel);
  ForEachPlane(x, [&](std::int64_t b, std::int64_t c) {
    sweep.ForEachTap(
        [&](const Tap& tap) { body(At(x, b, c, tap.h, tap.w), At(y, b, c, tap.p, tap.q), share); });
  });
}

void AvgPool2d(const Operands& o) {
  ForEachMean(o, o.in_shape(0), o.out_shape(0),
              [&](std::size_t from, std::size_t to, double share) {
                o.out(0)[to] += share * o.in(0)[from];
              });
}

void AvgPool2dGradient(const Operands& o) {
  ForEachMean(o, o.out_shape(0), o.in_shape(0),
              [&](std::size_t from, std::size_t to, double share) {
                o.out(0)[from] += share * o.in(0)[to];
              });
}

void GlobalAvgPool(const Operands& o) {
  const std::size_t plane = o.in(0).size() / o.out(0).size();
  for (std::size_t i = 0; i < o.in(0).size(); ++i)
    o.out(0)[i / plane] += o.in(0)[i] / static_cast<double>(plane);
}

void GlobalAvgPoolGradient(const Operands& o) {
  const std::size_t plane = o.out(0).size() / o.in(0).size();
  for (std::size_t i = 0; i < o.out(0).size(); ++i)
    o.out(0)[i] = o.in(0)[i / plane] / static_cast<double>(plane);
}

void BatchNorm(const Operands& o) {
  const Channels channels(o.in_shape(0));
  const auto n = static_cast<double>(channels.elements);
  Tensor &mean = o.out(1), &inverse_deviation = o.out(2);
  Tensor squares(channels.count);
  for (std::size_t i = 0; i < o.in(0).size(); ++i) mean[channels.Of(i)] += o.in(0)[i] / n;
  for (std::size_t i = 0; i < o.in(0).size(); ++i)
    squares[channels.Of(i)] += std::pow(o.in(0)[i] - mean[channels.Of(i)], 2);
  for (std::size_t c = 0; c < channels.count; ++c) {
    inverse_deviation[c] = 1 / std::sqrt(squares[c] / n + o.node.attributes.Real("epsilon"));
    const double variance = channels.elements > 1 ? squares[c] / (n - 1) : o.in(4)[c];
    o.out(3)[c] = static_cast<double>(channels.samples) * mean[c];
    o.out(4)[c] = static_cast<double>(channels.samples) * variance;
  }
  for (std::size_t i = 0; i < o.in(0).size(); ++i) {
    const std::size_t c = channels.Of(i);
    o.out(0)[i] = (o.in(0)[i] - mean[c]) * inverse_deviation[c] * o.in(1)[c] + o.in(2)[c];
  }
}

void BatchNormInference(const Operands& o) {
  const Channels channels(o.in_shape(0));
  for (std::size_t i = 0; i < o.in(0).size(); ++i) {
    const std::size_t c = channels.Of(i);
    const double deviation = std::sqrt(o.in(4)[c] + o.node.attributes.Real("epsilon"));
    o.out(0)[i] = (o.in(0)[i] - o.in(3)[c]) / deviation * o.in(1)[c] + o.in(2)[c];
  }
}

void BatchNormGradient(const Operands& o) {
  const Channels channels(o.in_shape(1));
  const auto n = static_cast<double>(channels.elements);
  Tensor &dgain = o.out(1), &dbias = o.out(2);
  const auto normalized = [&](std::size_t i) {
    return (o.in(1)[i] - o.in(3)[channels.Of(i)]) * o.in(4)[channels.Of(i)];
  };
  for (std::size_t i = 0; i < o.in(0).size(); ++i) {
    dgain[channels.Of(i)] += o.in(0)[i] * normalized(i);
    dbias[channels.Of(i)] += o.in(0)[i];
  }
  for (std::size_t i = 0; i < o.in(0).size(); ++i) {
    const std::size_t c = channels.Of(i);
    o.out(0)[i] =
        o.in(2)[c] * o.in(4)[c] * (o.in(0)[i] - dbias[c] / n - normalized(i) * dgain[c] / n);
  }
}

}  // namespace

const InterpretationTable& ImageInterpretations() {
  static const InterpretationTable kTable = {
      {"conv2d", Conv2d},
      {"conv2d_input_gradient", Conv2dInputGradient},
      {"conv2d_weight_gradient", Conv2dWeightGradient},
      {"channel_sum", ChannelSum},
      {"max_pool2d", MaxPool2d},
      {"max_pool2d_gradient", MaxPool2dGradient},
      {"avg_pool2d", AvgPool2d},
      {"avg_pool2d_gradient", AvgPool2dGradient},
      {"global_avg_pool", GlobalAvgPool},
      {"global_avg_pool_gradient", GlobalAvgPoolGradient},
      {"batch_norm", BatchNorm},
      {"batch_norm_inference", BatchNormInference},
      {"batch_norm_gradient", BatchNormGradient},
  };
  return kTable;
}

}  // namespace descent
