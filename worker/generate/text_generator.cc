#include "worker/generate/text_generator.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "common/check.h"
#include "worker/checkpoint/checkpoint_reader.h"
#include "worker/train/load_parameters.h"

namespace descent {
namespace {

Status CheckIsOfText(const std::filesystem::path& checkpoint, const ModelDescription& description) {
  const auto* gpt = std::get_if<GptSpec>(&description.model.architecture);
  if (gpt != nullptr && !description.vocabulary)
    return Status(Code::kFailedPrecondition,
                  checkpoint.string() +
                      ": its job had no data.tokenizer, which is needed to say "
                      "what its tokens stand for");
  if (gpt == nullptr)
    return Status(Code::kFailedPrecondition,
                  checkpoint.string() + ": its model is an mlp, must be a gpt to generate text");
  const SampleFormat& format = description.format;
  if (format.token_count != gpt->context_length || format.token_count < 1 ||
      format.class_count < description.vocabulary->size())
    return Status(Code::kDataLoss,
                  checkpoint.string() + ": its model and its vocabulary do not fit one another");
  return Status();
}

}  // namespace

Result<TextGenerator> TextGenerator::Create(const std::filesystem::path& checkpoint,
                                            ThreadPool& pool) {
  DESCENT_ASSIGN(ModelDescription description, ReadModelDescription(checkpoint));
  DESCENT_RETURN_IF_ERROR(CheckIsOfText(checkpoint, description));
  DESCENT_ASSIGN(PlanCache plans, PlanCache::Create(description.model, description.format, pool));
  DESCENT_RETURN_IF_ERROR(CheckParametersFit(checkpoint, plans.layout()));
  TextGenerator generator(std::move(description), std::move(plans));
  DESCENT_RETURN_IF_ERROR(
      LoadParameters(checkpoint, generator.plans_.layout(), generator.parameters_.span()));
  return generator;
}

TextGenerator::TextGenerator(ModelDescription description, PlanCache plans)
    : description_(std::move(description)),
      plans_(std::move(plans)),
      parameters_(plans_.layout().element_count),
      input_(static_cast<std::size_t>(description_.format.token_count)),
      logits_(input_.size() * static_cast<std::size_t>(description_.format.class_count)) {}

Result<std::vector<std::uint32_t>> TextGenerator::Encode(std::string_view prompt) const {
  if (prompt.empty())
    return Status(Code::kInvalidArgument, "empty, must have at least one character");
  return description_.vocabulary->Encode(prompt);
}

Status TextGenerator::Continue(Request request) {
  std::vector<std::uint32_t>& text = request.prompt;
  DESCENT_CHECK(!text.empty());
  for (std::int64_t index = 0; index < request.tokens; ++index) {
    const std::size_t context = std::min(text.size(), input_.size());
    DESCENT_ASSIGN(const std::span<const float> logits, NextLogits(std::span(text).last(context)));
    const std::int64_t token = SampleToken(logits, request.sampling, index);
    text.push_back(static_cast<std::uint32_t>(token));
    request.take(description_.vocabulary->Decode(token));
  }
  return Status();
}

// A token sees none that follow it, so what stands behind the last one does not matter. A model may
// have more classes than there are tokens.
Result<std::span<const float>> TextGenerator::NextLogits(std::span<const std::uint32_t> tokens) {
  std::fill(std::copy(tokens.begin(), tokens.end(), input_.begin()), input_.end(), 0);
  DESCENT_ASSIGN(Plan* const plan, plans_.PlanFor(PlanKind::kPredict, 1));
  plan->Run(PlanRun{.features = {},
                    .tokens = input_,
                    .labels = {},
                    .parameters = parameters_.span(),
                    .gradients = {},
                    .losses = {},
                    .correct = {},
                    .logits = logits_,
                    .on_bucket_ready = {}});
  const auto classes = static_cast<std::size_t>(description_.format.class_count);
  const auto logits =
      std::span<const float>(logits_).subspan((tokens.size() - 1) * classes, classes);
  if (!std::ranges::all_of(logits, [](float logit) { return std::isfinite(logit); }))
    return Status(Code::kFailedPrecondition, "the model's logits are not finite");
  return logits.first(static_cast<std::size_t>(description_.vocabulary->size()));
}

}  // namespace descent
