#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "worker/kernels/cpu/attention_rows.h"
#include "worker/kernels/cpu/attention_scratch.h"
#include "worker/kernels/cpu/cpu_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/attention.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/attention.h"
#include "worker/kernels/cpu/dropout-inl.h"
#include "worker/kernels/cpu/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

// One vector of each row of a block.
struct RowVectors {
  FloatVector of[kRowsPerBlock];
};

HWY_INLINE RowVectors LoadRows(const float* from, std::size_t stride) {
  RowVectors rows;
  for (std::size_t r = 0; r < kRowsPerBlock; ++r)
    rows.of[r] = hn::Load(FloatTag(), from + r * stride);
  return rows;
}

// sum over i < count of factors[r, i] vectors[i], r a row of a block. Factors lie `factor_stride`
// apart from row to row, vectors `vector_stride` from one to the next.
HWY_INLINE void SumVectors(const float* factors, std::size_t factor_stride, const float* vectors,
                           std::size_t vector_stride, std::size_t count, RowVectors& sums) {
  const FloatTag tag;
  for (FloatVector& sum : sums.of) sum = hn::Zero(tag);
  for (std::size_t i = 0; i < count; ++i) {
    const FloatVector vector = hn::Load(tag, vectors + i * vector_stride);
    for (std::size_t r = 0; r < kRowsPerBlock; ++r)
      sums.of[r] = hn::MulAdd(hn::Set(tag, factors[r * factor_stride + i]), vector, sums.of[r]);
  }
}

// products[r, j] = sum over d of rows[r, d] transposed[d, j], of a block of rows and the first
// `count` columns, rounded up to whole vectors.
void MultiplyBlock(const AttentionHead& head, const float* rows, const float* transposed,
                   std::size_t count, float* products) {
  const FloatTag tag;
  for (std::size_t j = 0; j < count; j += hn::Lanes(tag)) {
    RowVectors sums;
    SumVectors(rows, head.padded_width, transposed + j, head.padded_tokens, head.columns, sums);
    for (std::size_t r = 0; r < kRowsPerBlock; ++r)
      hn::Store(sums.of[r], tag, products + r * head.padded_tokens + j);
  }
}

// out[r] = sum over j < count of weights[r, j] rows[j], of a block of rows r.
void CombineBlock(const AttentionHead& head, const float* weights, const float* rows,
                  std::size_t count, float* out) {
  const FloatTag tag;
  for (std::size_t d = 0; d < head.padded_width; d += hn::Lanes(tag)) {
    RowVectors sums;
    SumVectors(weights, head.padded_tokens, rows + d, head.padded_width, count, sums);
    for (std::size_t r = 0; r < kRowsPerBlock; ++r)
      hn::Store(sums.of[r], tag, out + r * head.padded_width + d);
  }
}

// out[j] += sum over the block's rows r of weights[r, j] rows[r], for j < count.
void AddOuterBlock(const AttentionHead& head, const float* weights, const float* rows,
                   std::size_t count, float* out) {
  const FloatTag tag;
  for (std::size_t d = 0; d < head.padded_width; d += hn::Lanes(tag)) {
    const RowVectors block = LoadRows(rows + d, head.padded_width);
    for (std::size_t j = 0; j < count; ++j) {
      float* place = out + j * head.padded_width + d;
      FloatVector sum = hn::Load(tag, place);
      for (std::size_t r = 0; r < kRowsPerBlock; ++r)
        sum = hn::MulAdd(hn::Set(tag, weights[r * head.padded_tokens + j]), block.of[r], sum);
      hn::Store(sum, tag, place);
    }
  }
}

// The scores of a row from j on, without those of later tokens, which the row must not see.
HWY_INLINE FloatVector LoadVisible(const float* scores, std::size_t j, std::size_t visible) {
  const FloatTag tag;
  const FloatVector row = hn::Load(tag, scores + j);
  if (j + hn::Lanes(tag) <= visible) return row;
  const auto is_visible = hn::FirstN(tag, visible - j);
  return hn::IfThenElse(is_visible, row, hn::Set(tag, -std::numeric_limits<float>::infinity()));
}

// The factors of one token's first `count` probabilities.
void DrawFactors(const AttentionHead& head, const AttentionDropout& dropout, std::size_t token,
                 std::size_t count) {
  if (!dropout.is_on) return;
  DropoutMask mask = dropout.mask;
  mask.position += static_cast<std::uint32_t>(token);
  for (std::size_t first = 0; first < count; first += kElementsPerGroup) {
    const auto group = static_cast<std::uint32_t>(first / kElementsPerGroup);
    DropoutFactors(mask, dropout.first_group + group, head.factors + first);
  }
}

// Turns the scores of a row, of which `visible` count, into probabilities times their factors; the
// logarithm of the sum of their exponentials. Up to `count`, later ones become 0.
float SoftmaxRow(float* scores, const float* factors, std::size_t visible, std::size_t count) {
  const FloatTag tag;
  const std::size_t lanes = hn::Lanes(tag);
  FloatVector max = hn::Set(tag, hwy::LowestValue<float>());
  for (std::size_t j = 0; j < visible; j += lanes)
    max = hn::Max(max, LoadVisible(scores, j, visible));
  const FloatVector shift = hn::MaxOfLanes(tag, max);
  FloatVector sum = hn::Zero(tag);
  for (std::size_t j = 0; j < visible; j += lanes) {
    const FloatVector exponential = ExpOrNan(hn::Sub(LoadVisible(scores, j, visible), shift));
    hn::Store(exponential, tag, scores + j);
    sum = hn::Add(sum, exponential);
  }
  const FloatVector total = hn::SumOfLanes(tag, sum);
  const FloatVector scale = hn::Div(hn::Set(tag, 1.0f), total);
  for (std::size_t j = 0; j < count; j += lanes) {
    const FloatVector exponential = j < visible ? hn::Load(tag, scores + j) : hn::Zero(tag);
    const FloatVector probability = hn::Mul(exponential, scale);
    hn::Store(hn::Mul(probability, hn::Load(tag, factors + j)), tag, scores + j);
  }
  const FloatVector log_total = hn::IfThenElse(hn::IsNaN(total), total, hn::Log(tag, total));
  return hn::GetLane(hn::Add(shift, log_total));
}

void AttendForward(const AttentionHead& head, const AttentionDropout& dropout) {
  for (std::size_t first = 0; first < head.tokens; first += kRowsPerBlock) {
    const std::size_t count = std::min(head.tokens, first + kRowsPerBlock);
    MultiplyBlock(head, head.q + first * head.padded_width, head.k_transposed, count, head.scores);
    for (std::size_t r = 0; r < kRowsPerBlock; ++r) {
      const std::size_t visible = std::min(head.tokens, first + r + 1);
      DrawFactors(head, dropout, first + r, count);
      head.log_sums[first + r] =
          SoftmaxRow(head.scores + r * head.padded_tokens, head.factors, visible, count);
    }
    CombineBlock(head, head.scores, head.v, count, head.y + first * head.padded_width);
  }
}

// A row of scores, and their gradients.
struct ScoreRow {
  float* scores;
  float* gradients;
  const float* factors;
  float log_sum;
  float delta;  // dy . y
};

// With p = exp(score - log_sum): a score becomes p times its factor f, and the gradient g of that
// product becomes the score's, p (g f - delta).
void DifferentiateSoftmaxRow(const ScoreRow& row, std::size_t visible, std::size_t count) {
  const FloatTag tag;
  const FloatVector shift = hn::Set(tag, row.log_sum);
  const FloatVector delta = hn::Set(tag, row.delta);
  for (std::size_t j = 0; j < count; j += hn::Lanes(tag)) {
    FloatVector probability = hn::Zero(tag);
    if (j < visible) probability = ExpOrNan(hn::Sub(LoadVisible(row.scores, j, visible), shift));
    const FloatVector factor = hn::Load(tag, row.factors + j);
    const FloatVector gradient = hn::MulSub(hn::Load(tag, row.gradients + j), factor, delta);
    hn::Store(hn::Mul(probability, factor), tag, row.scores + j);
    hn::Store(hn::Mul(probability, gradient), tag, row.gradients + j);
  }
}

HWY_INLINE float Dot(const float* a, const float* b, std::size_t size) {
  const FloatTag tag;
  FloatVector sum = hn::Zero(tag);
  for (std::size_t i = 0; i < size; i += hn::Lanes(tag))
    sum = hn::MulAdd(hn::Load(tag, a + i), hn::Load(tag, b + i), sum);
  return hn::GetLane(hn::SumOfLanes(tag, sum));
}

void AttendBackward(const AttentionHead& head, const AttentionDropout& dropout) {
  const std::size_t width = head.padded_width;
  for (std::size_t first = 0; first < head.tokens; first += kRowsPerBlock) {
    const std::size_t count = std::min(head.tokens, first + kRowsPerBlock);
    const float* dy = head.dy + first * width;
    MultiplyBlock(head, head.q + first * width, head.k_transposed, count, head.scores);
    MultiplyBlock(head, dy, head.v_transposed, count, head.score_gradients);
    for (std::size_t r = 0; r < kRowsPerBlock; ++r) {
      DrawFactors(head, dropout, first + r, count);
      const std::size_t offset = r * head.padded_tokens;
      const ScoreRow row = {head.scores + offset, head.score_gradients + offset, head.factors,
                            head.log_sums[first + r],
                            Dot(dy + r * width, head.y + (first + r) * width, width)};
      DifferentiateSoftmaxRow(row, std::min(head.tokens, first + r + 1), count);
    }
    CombineBlock(head, head.score_gradients, head.k, count, head.dq + first * width);
    AddOuterBlock(head, head.score_gradients, head.q + first * width, count, head.dk);
    AddOuterBlock(head, head.scores, dy, count, head.dv);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(AttendForward);
HWY_EXPORT(AttendBackward);

namespace {

// Runs every head of every sample on the pool.
class AttentionStep : public Step {
 public:
  AttentionStep(const KernelRequest& request, bool is_gradient)
      : pool_(request.pool), shape_(request) {
    for (std::size_t i = 0; i < request.node.inputs.size(); ++i)
      input_types_.push_back(request.input(i).type);
    for (std::size_t i = 0; i < request.node.outputs.size(); ++i)
      output_types_.push_back(request.output(i).type);
    for (int thread = 0; thread < pool_.thread_count(); ++thread)
      scratches_.emplace_back(shape_, is_gradient);
  }

  void Run(const StepRun& run) override {
    const auto heads = static_cast<std::int64_t>(shape_.samples * shape_.heads);
    pool_.ParallelFor(heads, [&](std::int64_t tile, int thread) {
      const auto sample = static_cast<std::size_t>(tile) / shape_.heads;
      const auto head = static_cast<std::size_t>(tile) % shape_.heads;
      RunHead(run, sample * shape_.tokens, head, scratches_[static_cast<std::size_t>(thread)]);
    });
  }

 protected:
  virtual void RunHead(const StepRun& run, std::size_t first_row, std::size_t head,
                       const HeadScratch& scratch) const = 0;

  // q, k and v of a head, as both directions read them.
  void PackProjections(const void* projections, std::size_t first_row, std::size_t head,
                       const AttentionHead& arrays) const {
    PackHead(arrays, projections, Projection(0, first_row, head, input_type(0)), scale(), arrays.q);
    PackHead(arrays, projections, Projection(1, first_row, head, input_type(0)), 1, arrays.k);
    PackHead(arrays, projections, Projection(2, first_row, head, input_type(0)), 1, arrays.v);
    TransposeHead(arrays, arrays.k, arrays.k_transposed);
  }

  // Where q, k and v lie, 0 to 2, or their gradients.
  HeadColumns Projection(std::size_t which, std::size_t first_row, std::size_t head,
                         DataType type) const {
    const std::size_t stride = 3 * shape_.width;
    return {type, first_row * stride + which * shape_.width + head * shape_.columns, stride};
  }

  // Where y or dy lies.
  HeadColumns Mixed(std::size_t first_row, std::size_t head, DataType type) const {
    return {type, first_row * shape_.width + head * shape_.columns, shape_.width};
  }

  // log_sums are like an operand with one column for each head.
  HeadColumns LogSums(std::size_t first_row, std::size_t head, DataType type) const {
    return {type, first_row * shape_.heads + head, shape_.heads};
  }

  static AttentionHead LogSumsOf(AttentionHead arrays) {
    arrays.columns = arrays.padded_width = 1;
    return arrays;
  }

  DataType input_type(std::size_t i) const { return input_types_[i]; }
  DataType output_type(std::size_t i) const { return output_types_[i]; }

  float scale() const { return 1.0f / std::sqrt(static_cast<float>(shape_.columns)); }
  const AttentionShape& shape() const { return shape_; }

  AttentionDropout DropoutOf(const StepRun& run, std::size_t first_row, std::size_t head) const {
    AttentionDropout dropout = {
        .is_on = shape_.probability > 0,
        .mask = MakeDropoutMask(shape_.probability, shape_.layer,
                                static_cast<std::int64_t>(shape_.tokens), run),
        .first_group = 0};
    dropout.mask.position += static_cast<std::uint32_t>(first_row);
    const std::size_t groups = RoundUp(shape_.tokens, kElementsPerGroup) / kElementsPerGroup;
    dropout.first_group = static_cast<std::uint32_t>(head * groups);
    return dropout;
  }

 private:
  ThreadPool& pool_;
  const AttentionShape shape_;
  std::vector<DataType> input_types_, output_types_;
  std::vector<HeadScratch> scratches_;
};

class ForwardStep final : public AttentionStep {
 public:
  explicit ForwardStep(const KernelRequest& request) : AttentionStep(request, false) {}

 private:
  void RunHead(const StepRun& run, std::size_t first_row, std::size_t head,
               const HeadScratch& scratch) const override {
    const AttentionHead& arrays = scratch.head();
    PackProjections(run.inputs[0], first_row, head, arrays);
    HWY_DYNAMIC_DISPATCH(AttendForward)(arrays, DropoutOf(run, first_row, head));
    UnpackHead(arrays, arrays.y, 1, Mixed(first_row, head, output_type(0)), run.outputs[0]);
    UnpackHead(LogSumsOf(arrays), arrays.log_sums, 1, LogSums(first_row, head, output_type(1)),
               run.outputs[1]);
  }
};

class BackwardStep final : public AttentionStep {
 public:
  explicit BackwardStep(const KernelRequest& request) : AttentionStep(request, true) {}

 private:
  void RunHead(const StepRun& run, std::size_t first_row, std::size_t head,
               const HeadScratch& scratch) const override {
    const AttentionHead& arrays = scratch.head();
    PackProjections(run.inputs[0], first_row, head, arrays);
    TransposeHead(arrays, arrays.v, arrays.v_transposed);
    PackHead(arrays, run.inputs[1], Mixed(first_row, head, input_type(1)), 1, arrays.y);
    PackHead(arrays, run.inputs[3], Mixed(first_row, head, input_type(3)), 1, arrays.dy);
    PackHead(LogSumsOf(arrays), run.inputs[2], LogSums(first_row, head, input_type(2)), 1,
             arrays.log_sums);
    for (float* sums : {arrays.dk, arrays.dv})
      std::fill_n(sums, arrays.padded_rows * arrays.padded_width, 0.0f);

    HWY_DYNAMIC_DISPATCH(AttendBackward)(arrays, DropoutOf(run, first_row, head));

    void* const gradients = run.outputs[0];
    UnpackHead(arrays, arrays.dq, scale(), Projection(0, first_row, head, output_type(0)),
               gradients);
    UnpackHead(arrays, arrays.dk, 1, Projection(1, first_row, head, output_type(0)), gradients);
    UnpackHead(arrays, arrays.dv, 1, Projection(2, first_row, head, output_type(0)), gradients);
  }
};

}  // namespace

PreparedStep PrepareCausalAttention(const KernelRequest& request) {
  return std::unique_ptr<Step>(std::make_unique<ForwardStep>(request));
}

PreparedStep PrepareCausalAttentionGradient(const KernelRequest& request) {
  return std::unique_ptr<Step>(std::make_unique<BackwardStep>(request));
}

}  // namespace descent::cpu
#endif
