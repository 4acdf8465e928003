#include "proto/image_model_wire.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <variant>

#include "proto/enum_wire.h"

namespace descent {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Layers and their fields have the same names on the wire and in FieldsOf: so the message of a
// layer is filled by name.
const FieldDescriptor& FieldNamed(const Message& message, std::string_view name) {
  const FieldDescriptor* const field = message.GetDescriptor()->FindFieldByName(std::string(name));
  DESCENT_CHECK(field != nullptr);
  return *field;
}

struct FieldWriter {
  Message& message;
  const FieldDescriptor& field;

  void operator()(std::int64_t value) const {
    message.GetReflection()->SetInt64(&message, &field, value);
  }
  void operator()(double value) const {
    message.GetReflection()->SetDouble(&message, &field, value);
  }
  void operator()(bool value) const { message.GetReflection()->SetBool(&message, &field, value); }
};

struct FieldReader {
  const Message& message;
  const FieldDescriptor& field;

  void operator()(std::int64_t& value) const {
    value = message.GetReflection()->GetInt64(message, &field);
  }
  void operator()(double& value) const {
    value = message.GetReflection()->GetDouble(message, &field);
  }
  void operator()(bool& value) const { value = message.GetReflection()->GetBool(message, &field); }
};

void SetLayer(const LayerSpec& layer, v1::LayerSpec& proto) {
  const FieldDescriptor& kind = FieldNamed(proto, NameOf(layer.kind));
  Message& message = *proto.GetReflection()->MutableMessage(&proto, &kind);
  for (const auto& [name, member] : FieldsOf(layer.kind)) {
    const FieldWriter write{message, FieldNamed(message, name)};
    std::visit([&](auto pointer) { write(layer.*pointer); }, member);
  }
}

Result<LayerSpec> LayerFromProto(const v1::LayerSpec& proto) {
  const Reflection& reflection = *proto.GetReflection();
  for (int i = 0; i < kLayerKindCount; ++i) {
    LayerSpec layer = DefaultLayer(static_cast<LayerKind>(i));
    const FieldDescriptor& kind = FieldNamed(proto, NameOf(layer.kind));
    if (!reflection.HasField(proto, &kind)) continue;
    const Message& message = reflection.GetMessage(proto, &kind);
    for (const auto& [name, member] : FieldsOf(layer.kind)) {
      const FieldReader read{message, FieldNamed(message, name)};
      if (!message.GetReflection()->HasField(message, &read.field)) continue;
      std::visit([&](auto pointer) { read(layer.*pointer); }, member);
    }
    return layer;
  }
  return Status(Code::kInvalidArgument,
                "a layer of model.layers is of no known kind: the sender is newer than this "
                "program");
}

}  // namespace

void SetLayers(const LayersSpec& spec, v1::LayersSpec& proto) {
  for (const LayerSpec& layer : spec.layers) SetLayer(layer, *proto.add_layers());
}

Result<LayersSpec> LayersFromProto(const v1::LayersSpec& proto) {
  LayersSpec spec;
  for (const v1::LayerSpec& layer : proto.layers()) {
    DESCENT_ASSIGN(LayerSpec read, LayerFromProto(layer));
    spec.layers.push_back(read);
  }
  return spec;
}

v1::Activation ToProto(Activation activation) {
  return activation == Activation::kRelu ? v1::ACTIVATION_RELU : v1::ACTIVATION_GELU;
}

Result<Activation> ActivationFromProto(v1::Activation activation, const std::string& field) {
  switch (activation) {
    case v1::ACTIVATION_UNSPECIFIED:
    case v1::ACTIVATION_RELU:
      return Activation::kRelu;
    case v1::ACTIVATION_GELU:
      return Activation::kGelu;
    default:
      return UnknownEnum(field, activation);
  }
}

void SetConvnet(const ConvnetSpec& convnet, v1::ConvnetSpec& proto) {
  for (const ConvnetLayer& layer : convnet.layers) {
    v1::ConvnetLayer& added = *proto.add_layers();
    added.set_channels(layer.channels);
    added.set_kernel_size(layer.kernel_size);
    added.set_stride(layer.stride);
    added.set_pool(layer.pool);
  }
  for (const std::int64_t size : convnet.hidden_sizes) proto.add_hidden_sizes(size);
  proto.set_activation(ToProto(convnet.activation));
  proto.set_batch_norm(convnet.batch_norm);
  proto.set_dropout(convnet.dropout);
}

Result<ConvnetSpec> ConvnetFromProto(const v1::ConvnetSpec& proto) {
  ConvnetSpec convnet;
  for (const v1::ConvnetLayer& layer : proto.layers()) {
    ConvnetLayer& added = convnet.layers.emplace_back();
    added.channels = layer.channels();
    if (layer.has_kernel_size()) added.kernel_size = layer.kernel_size();
    if (layer.has_stride()) added.stride = layer.stride();
    added.pool = layer.pool();
  }
  convnet.hidden_sizes.assign(proto.hidden_sizes().begin(), proto.hidden_sizes().end());
  DESCENT_ASSIGN(convnet.activation,
                 ActivationFromProto(proto.activation(), "model.convnet.activation"));
  convnet.batch_norm = proto.batch_norm();
  convnet.dropout = proto.dropout();
  return convnet;
}

void SetResnet(const ResnetSpec& resnet, v1::ResnetSpec& proto) {
  proto.set_depth(resnet.depth);
  proto.set_stem(resnet.stem == ResnetStem::kCifar ? v1::RESNET_STEM_CIFAR
                                                   : v1::RESNET_STEM_IMAGENET);
  proto.set_width(resnet.width);
}

Result<ResnetSpec> ResnetFromProto(const v1::ResnetSpec& proto) {
  ResnetSpec resnet{.depth = proto.depth()};
  if (proto.stem() > v1::RESNET_STEM_IMAGENET)
    return UnknownEnum("model.resnet.stem", proto.stem());
  if (proto.stem() == v1::RESNET_STEM_IMAGENET) resnet.stem = ResnetStem::kImagenet;
  if (proto.has_width()) resnet.width = proto.width();
  return resnet;
}

}  // namespace descent
