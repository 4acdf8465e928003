#pragma once

#include "common/convnet_spec.h"
#include "common/layers_spec.h"
#include "common/resnet_spec.h"
#include "common/result.h"
#include "descent/v1/job_spec.pb.h"

namespace descent {

// The part of wire.h that is about model.layers, model.convnet and model.resnet.
void SetLayers(const LayersSpec& spec, v1::LayersSpec& proto);
Result<LayersSpec> LayersFromProto(const v1::LayersSpec& proto);

void SetConvnet(const ConvnetSpec& convnet, v1::ConvnetSpec& proto);
Result<ConvnetSpec> ConvnetFromProto(const v1::ConvnetSpec& proto);

void SetResnet(const ResnetSpec& resnet, v1::ResnetSpec& proto);
Result<ResnetSpec> ResnetFromProto(const v1::ResnetSpec& proto);

// What a model of several kinds says of its activation, at `field`.
v1::Activation ToProto(Activation activation);
Result<Activation> ActivationFromProto(v1::Activation activation, const std::string& field);

}  // namespace descent
