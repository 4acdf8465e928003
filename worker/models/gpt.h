#pragma once

#include <cstdint>

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/graph/graph.h"

namespace descent {

inline constexpr double kGptEpsilon = 1e-5;  // of its norms

// Appends a GPT:  tokens int32 [B T] in [0, vocabulary)   ->   logits [B T, vocabulary].
//   x = dropout(wte[token] + wpe[place in the sample])
//   for each layer:   x += dropout(c_proj(attention(c_attn(ln_1(x)))))
//                     x += dropout(c_proj(gelu(c_fc(ln_2(x)))))
//   logits = ln_f(x) wte^T
// with kGptEpsilon and the same dropout on the softmax of attention. As the spec says, positions
// are rotary in place of wpe, the GELU is exact, approximated by tanh, or silu(c_gate(.)) c_fc(.),
// which is SwiGLU (Shazeer 2020), the norms are RMSNorm, and lm_head takes wte's place in the
// logits. The parameters are named as in PyTorch models of GPT-2
// ("transformer.h.0.attn.c_attn.weight"); a weight is [out, in], as of PyTorch's Linear. Source:
// Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.3.
struct GptExtent {
  std::int64_t vocabulary = 0;
  Initializer initializer = Initializer::kGpt2;
};
Result<ValueId> AppendGpt(Graph& graph, const GptSpec& spec, const GptExtent& extent,
                          ValueId tokens);

}  // namespace descent
