#include <algorithm>
#include <utility>
#include <vector>

#include "common/aligned_buffer.h"
#include "common/shard_planner.h"
#include "worker/kernels/cpu/conv2d.h"
#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/cpu/library_convolution.h"
#include "worker/kernels/cpu/library_layout.h"
#include "worker/kernels/cpu/library_primitive.h"
#include "worker/kernels/cpu/winograd.h"

namespace descent::cpu {
namespace {

using Descriptor = dnnl::memory::desc;
using Layout = dnnl::memory::format_tag;

// The library convolves at full speed only in layouts of its own, 16 channels to a vector. So the
// batch is cut into groups of samples by its sizes alone, and a group is brought into that layout,
// convolved and brought back while it lies in the cache, by one thread. A group's sums are the
// library's, in one order. Gradients of weights are sums over all samples: the groups make a fixed
// number of runs, a run adds up its groups in order, and the runs are added in order.
constexpr std::int64_t kGroupElements = std::int64_t{1} << 16;
constexpr std::int64_t kGroupsMin = 4;  // if there are as many samples: for threads to share
constexpr std::int64_t kRuns = 4;
// Below this many places of the window in a group, adding up weights costs more than convolving.
constexpr std::int64_t kPlacesOfWeightGradient = 256;

// The samples of every group but the last, which may be smaller.
std::int64_t SamplesOfGroup(const ConvolutionOperands& all, std::int64_t wanted) {
  const std::int64_t most = (all.samples() + kGroupsMin - 1) / kGroupsMin;
  const std::int64_t size = std::clamp<std::int64_t>(wanted, 1, most);
  const std::int64_t count = (all.samples() + size - 1) / size;
  return (all.samples() + count - 1) / count;
}

std::int64_t SamplesOfCache(const ConvolutionOperands& all) {
  return SamplesOfGroup(all, kGroupElements / all.SampleElements());
}

Descriptor AnyImages(const Shape& shape) {
  return {shape, dnnl::memory::data_type::f32, Layout::any};
}

// Weights of several groups of channels have an axis for these in front.
Shape WeightAxes(const ConvolutionOperands& operands) {
  Shape axes = operands.weight;
  if (operands.groups == 1) return axes;
  axes[0] /= operands.groups;
  axes.insert(axes.begin(), operands.groups);
  return axes;
}

Descriptor WeightOf(const ConvolutionOperands& operands) {
  const Layout layout = operands.groups == 1 ? Layout::oihw : Layout::goihw;
  return {WeightAxes(operands), dnnl::memory::data_type::f32, layout};
}

Descriptor AnyWeight(const ConvolutionOperands& operands) {
  return {WeightAxes(operands), dnnl::memory::data_type::f32, Layout::any};
}

// What the library made of a convolution, or of one of its gradients, for some number of samples.
struct Prepared {
  dnnl::primitive primitive;
  Descriptor scratchpad, x, weight, y;
  std::vector<LibraryPrimitive::Operand> operands;  // x, weight, y and, if there is one, the bias
};

dnnl::convolution_forward::primitive_desc ForwardOf(const dnnl::engine& engine,
                                                    const ConvolutionOperands& operands,
                                                    const Descriptor& weight, bool has_bias) {
  const Shape steps = {operands.dilation[0] - 1, operands.dilation[1] - 1};
  const Descriptor x = AnyImages(operands.x), y = AnyImages(operands.y);
  const Descriptor bias = {{operands.weight[0]}, dnnl::memory::data_type::f32, Layout::a};
  constexpr auto kKind = dnnl::prop_kind::forward_training;
  constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;
  using Desc = dnnl::convolution_forward::desc;
  const Shape &stride = operands.stride, &padding = operands.padding;
  const Desc desc =
      has_bias ? Desc(kKind, kAlgorithm, x, weight, bias, y, stride, steps, padding, padding)
               : Desc(kKind, kAlgorithm, x, weight, y, stride, steps, padding, padding);
  return {desc, LibraryAttributes(false), engine};
}

Prepared PrepareForward(const dnnl::engine& engine, const ConvolutionOperands& operands,
                        const Descriptor& weight, bool has_bias) {
  const auto desc = ForwardOf(engine, operands, weight, has_bias);
  Prepared prepared{dnnl::convolution_forward(desc),
                    desc.scratchpad_desc(),
                    desc.src_desc(),
                    desc.weights_desc(),
                    desc.dst_desc(),
                    {}};
  prepared.operands = {
      {DNNL_ARG_SRC, prepared.x}, {DNNL_ARG_WEIGHTS, prepared.weight}, {DNNL_ARG_DST, prepared.y}};
  if (has_bias) prepared.operands.push_back({DNNL_ARG_BIAS, desc.bias_desc()});
  return prepared;
}

Prepared PrepareInputGradient(const dnnl::engine& engine, const ConvolutionOperands& operands,
                              const Descriptor& weight) {
  const Shape steps = {operands.dilation[0] - 1, operands.dilation[1] - 1};
  const dnnl::convolution_backward_data::desc wanted(
      dnnl::algorithm::convolution_direct, AnyImages(operands.x), weight, AnyImages(operands.y),
      operands.stride, steps, operands.padding, operands.padding);
  const dnnl::convolution_backward_data::primitive_desc desc(
      wanted, LibraryAttributes(false), engine,
      ForwardOf(engine, operands, AnyWeight(operands), /*has_bias=*/false));
  Prepared prepared{dnnl::convolution_backward_data(desc),
                    desc.scratchpad_desc(),
                    desc.diff_src_desc(),
                    desc.weights_desc(),
                    desc.diff_dst_desc(),
                    {}};
  prepared.operands = {{DNNL_ARG_DIFF_SRC, prepared.x},
                       {DNNL_ARG_WEIGHTS, prepared.weight},
                       {DNNL_ARG_DIFF_DST, prepared.y}};
  return prepared;
}

Prepared PrepareWeightGradient(const dnnl::engine& engine, const ConvolutionOperands& operands,
                               const Descriptor& weight) {
  const Shape steps = {operands.dilation[0] - 1, operands.dilation[1] - 1};
  const dnnl::convolution_backward_weights::desc wanted(
      dnnl::algorithm::convolution_direct, AnyImages(operands.x), weight, AnyImages(operands.y),
      operands.stride, steps, operands.padding, operands.padding);
  const dnnl::convolution_backward_weights::primitive_desc desc(
      wanted, LibraryAttributes(false), engine,
      ForwardOf(engine, operands, AnyWeight(operands), /*has_bias=*/false));
  Prepared prepared{dnnl::convolution_backward_weights(desc),
                    desc.scratchpad_desc(),
                    desc.src_desc(),
                    desc.diff_weights_desc(),
                    desc.diff_dst_desc(),
                    {}};
  prepared.operands = {{DNNL_ARG_SRC, prepared.x},
                       {DNNL_ARG_DIFF_WEIGHTS, prepared.weight},
                       {DNNL_ARG_DIFF_DST, prepared.y}};
  return prepared;
}

// One group's convolution on one thread.
struct GroupConvolution {
  LibraryPrimitive primitive;
  LibraryImages x, y;
};

// All groups of a batch: the primitives of a full one and of the last, for each thread.
class Groups {
 public:
  // `prepare` is one of those above, of (engine, operands, layout of the weight).
  template <typename Prepare>
  Groups(const dnnl::engine& engine, const ConvolutionOperands& all, std::int64_t samples,
         int threads, const Prepare& prepare)
      : all_(all), samples_(samples), threads_(threads) {
    const Prepared full = prepare(engine, all.OfSamples(samples), AnyWeight(all));
    weight_ = full.weight;
    const std::int64_t rest = all.samples() - (count() - 1) * samples;
    Add(engine, all.OfSamples(samples), full);
    Add(engine, all.OfSamples(rest), prepare(engine, all.OfSamples(rest), weight_));
  }

  std::int64_t count() const { return (all_.samples() + samples_ - 1) / samples_; }
  const Descriptor& weight() const { return weight_; }  // how the library wants it

  GroupConvolution& Of(std::int64_t group, int thread) {
    const std::int64_t kind = group == count() - 1 ? 1 : 0;
    return convolutions_[static_cast<std::size_t>(kind * threads_ + thread)];
  }
  std::int64_t XOffset(std::int64_t group) const { return OffsetIn(all_.x, group); }
  std::int64_t YOffset(std::int64_t group) const { return OffsetIn(all_.y, group); }

 private:
  void Add(const dnnl::engine& engine, const ConvolutionOperands& part, const Prepared& prepared) {
    for (int thread = 0; thread < threads_; ++thread) {
      convolutions_.push_back(
          {LibraryPrimitive(engine, prepared.primitive, prepared.scratchpad, prepared.operands),
           LibraryImages(engine, part.x, prepared.x), LibraryImages(engine, part.y, prepared.y)});
    }
  }

  std::int64_t OffsetIn(const Shape& shape, std::int64_t group) const {
    return group * samples_ * (ElementCount(shape) / shape[0]);
  }

  const ConvolutionOperands all_;
  const std::int64_t samples_;
  const int threads_;
  Descriptor weight_;
  std::vector<GroupConvolution> convolutions_;  // [last?][thread]
};

class ForwardStep final : public Step {
 public:
  ForwardStep(const KernelRequest& request, const dnnl::engine& engine,
              const ConvolutionOperands& operands)
      : pool_(request.pool),
        has_bias_(request.node.inputs.size() == 3),
        groups_(engine, operands, SamplesOfCache(operands), pool_.thread_count(),
                [&](const auto& on, const ConvolutionOperands& part, const Descriptor& weight) {
                  return PrepareForward(on, part, weight, has_bias_);
                }),
        weight_(engine, WeightOf(operands), groups_.weight()) {}

  void Run(const StepRun& run) override {
    const float* const weight = weight_.Enter(run.input(1));
    pool_.ParallelFor(groups_.count(), [&](std::int64_t group, int thread) {
      GroupConvolution& convolution = groups_.Of(group, thread);
      const float* const x = convolution.x.Enter(run.input(0) + groups_.XOffset(group));
      float* const y = run.output(0) + groups_.YOffset(group);
      float* const inner = convolution.y.Inner(y);
      if (has_bias_) {
        convolution.primitive.Run({x, weight, inner, run.input(2)});
      } else {
        convolution.primitive.Run({x, weight, inner});
      }
      convolution.y.Leave(y);
    });
  }

 private:
  ThreadPool& pool_;
  const bool has_bias_;
  Groups groups_;
  LibraryWeight weight_;
};

class InputGradientStep final : public Step {
 public:
  InputGradientStep(const KernelRequest& request, const dnnl::engine& engine,
                    const ConvolutionOperands& operands)
      : pool_(request.pool),
        groups_(engine, operands, SamplesOfCache(operands), pool_.thread_count(),
                PrepareInputGradient),
        weight_(engine, WeightOf(operands), groups_.weight()) {}

  void Run(const StepRun& run) override {
    const float* const weight = weight_.Enter(run.input(1));
    pool_.ParallelFor(groups_.count(), [&](std::int64_t group, int thread) {
      GroupConvolution& convolution = groups_.Of(group, thread);
      const float* const dy = convolution.y.Enter(run.input(0) + groups_.YOffset(group));
      float* const dx = run.output(0) + groups_.XOffset(group);
      convolution.primitive.Run({convolution.x.Inner(dx), weight, dy});
      convolution.x.Leave(dx);
    });
  }

 private:
  ThreadPool& pool_;
  Groups groups_;
  LibraryWeight weight_;
};

std::int64_t SamplesOfWeightGradient(const ConvolutionOperands& operands) {
  const std::int64_t places = operands.y[2] * operands.y[3];
  return SamplesOfGroup(operands, std::max(kGroupElements / operands.SampleElements(),
                                           kPlacesOfWeightGradient / places));
}

class WeightGradientStep final : public Step {
 public:
  WeightGradientStep(const KernelRequest& request, const dnnl::engine& engine,
                     const ConvolutionOperands& operands)
      : pool_(request.pool),
        groups_(engine, operands, SamplesOfWeightGradient(operands), pool_.thread_count(),
                PrepareWeightGradient),
        elements_(ElementsOf(groups_.weight())),
        out_of_(MakeReorder(engine, groups_.weight(), WeightOf(operands),
                            request.mode == OutputMode::kAccumulate)) {
    for (std::int64_t run = 0; run < RunCount(); ++run) sums_.emplace_back(elements_);
    const bool has_longer_runs = groups_.count() > RunCount();
    for (int thread = 0; has_longer_runs && thread < pool_.thread_count(); ++thread)
      addends_.emplace_back(elements_);
  }

  void Run(const StepRun& run) override {
    pool_.ParallelFor(RunCount(), [&](std::int64_t index, int thread) {
      const IndexRange groups = PartOf(groups_.count(), RunCount(), index);
      for (std::int64_t group = groups.first; group < groups.last; ++group)
        AddGroup(run, group, thread, group == groups.first, sums_[static_cast<std::size_t>(index)]);
    });
    const auto size = static_cast<std::size_t>(elements_);
    float* const sum = sums_[0].span().data();
    ForEachRun(pool_, size, kElementsPerRun, [&](std::size_t first, std::size_t count) {
      for (std::size_t i = 1; i < sums_.size(); ++i)
        AddTo(sum + first, sums_[i].span().data() + first, count);
    });
    out_of_.Run({sum, run.output(0)});
  }

 private:
  std::int64_t RunCount() const { return std::min(groups_.count(), kRuns); }

  // The first group of a run is its sum so far.
  void AddGroup(const StepRun& run, std::int64_t group, int thread, bool is_first,
                AlignedBuffer& sum) {
    GroupConvolution& convolution = groups_.Of(group, thread);
    const float* const dy = convolution.y.Enter(run.input(0) + groups_.YOffset(group));
    const float* const x = convolution.x.Enter(run.input(1) + groups_.XOffset(group));
    float* const into = (is_first ? sum : addends_[static_cast<std::size_t>(thread)]).span().data();
    convolution.primitive.Run({x, into, dy});
    if (is_first) return;
    AddTo(sum.span().data(), into, static_cast<std::size_t>(elements_));
  }

  ThreadPool& pool_;
  Groups groups_;
  const std::int64_t elements_;         // of a weight in the library's layout
  std::vector<AlignedBuffer> sums_;     // of each run
  std::vector<AlignedBuffer> addends_;  // of each thread
  LibraryPrimitive out_of_;
};

}  // namespace

PreparedStep PrepareConv2d(const KernelRequest& request) {
  const ConvolutionOperands operands = OperandsOf(request.node.attributes, request.input(0).shape,
                                                  request.input(1).shape, request.output(0).shape);
  return SuitsWinograd(operands) ? PrepareWinograd(request, operands)
                                 : PrepareConvolutionStep<ForwardStep>(request, operands);
}

PreparedStep PrepareConv2dInputGradient(const KernelRequest& request) {
  const ConvolutionOperands operands = OperandsOf(request.node.attributes, request.output(0).shape,
                                                  request.input(1).shape, request.input(0).shape);
  return SuitsWinograd(operands) ? PrepareWinogradInputGradient(request, operands)
                                 : PrepareConvolutionStep<InputGradientStep>(request, operands);
}

PreparedStep PrepareConv2dWeightGradient(const KernelRequest& request) {
  const ConvolutionOperands operands = OperandsOf(request.node.attributes, request.input(1).shape,
                                                  request.output(0).shape, request.input(0).shape);
  return SuitsWinograd(operands) ? PrepareWinogradWeightGradient(request, operands)
                                 : PrepareConvolutionStep<WeightGradientStep>(request, operands);
}

}  // namespace descent::cpu
