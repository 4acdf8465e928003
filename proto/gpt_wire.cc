#include "proto/gpt_wire.h"

#include <spdlog/fmt/fmt.h>

namespace descent {
namespace {

// The enums of the wire have one value more than ours: 0, for what is not given.
template <typename Proto, typename Enum>
Proto ToWire(Enum value) {
  return static_cast<Proto>(static_cast<int>(value) + 1);
}

template <typename Enum, std::size_t count>
Status SetEnum(int proto, const std::array<std::string_view, count>&, const char* field,
               Enum& value) {
  if (proto < 0 || proto > static_cast<int>(count))
    return Status(
        Code::kInvalidArgument,
        fmt::format("model.gpt.{} has the unknown value {}: the sender is newer than this "
                    "program",
                    field, proto));
  if (proto > 0) value = static_cast<Enum>(proto - 1);
  return Status();
}

}  // namespace

void SetGpt(const GptSpec& gpt, v1::GptSpec& proto) {
  if (!gpt.preset.empty()) proto.set_preset(gpt.preset);
  proto.set_layers(gpt.layers);
  proto.set_heads(gpt.heads);
  proto.set_embedding_size(gpt.embedding_size);
  proto.set_context_length(gpt.context_length);
  if (gpt.feed_forward_size != 0) proto.set_feed_forward_size(gpt.feed_forward_size);
  proto.set_dropout(gpt.dropout);
  proto.set_positions(ToWire<v1::GptPositions>(gpt.positions));
  proto.set_activation(ToWire<v1::GptActivation>(gpt.activation));
  proto.set_norm(ToWire<v1::GptNorm>(gpt.norm));
  proto.set_head(ToWire<v1::GptHead>(gpt.head));
  proto.set_biases(ToWire<v1::GptBiases>(gpt.biases));
}

Result<GptSpec> GptFromProto(const v1::GptSpec& proto) {
  GptSpec gpt{.preset = proto.preset(),
              .layers = proto.layers(),
              .heads = proto.heads(),
              .embedding_size = proto.embedding_size(),
              .context_length = proto.context_length(),
              .feed_forward_size = proto.feed_forward_size(),
              .dropout = proto.dropout()};
  DESCENT_RETURN_IF_ERROR(
      SetEnum(proto.positions(), kGptPositionsNames, "positions", gpt.positions));
  DESCENT_RETURN_IF_ERROR(
      SetEnum(proto.activation(), kGptActivationNames, "activation", gpt.activation));
  DESCENT_RETURN_IF_ERROR(SetEnum(proto.norm(), kGptNormNames, "norm", gpt.norm));
  DESCENT_RETURN_IF_ERROR(SetEnum(proto.head(), kGptHeadNames, "head", gpt.head));
  DESCENT_RETURN_IF_ERROR(SetEnum(proto.biases(), kGptBiasesNames, "biases", gpt.biases));
  return gpt;
}

}  // namespace descent
