#include "proto/image_wire.h"

#include <string>

#include "proto/enum_wire.h"

namespace descent {
namespace {

Status SetLabels(v1::ImageLabels proto, ImageLabels& labels) {
  switch (proto) {
    case v1::IMAGE_LABELS_UNSPECIFIED:
    case v1::IMAGE_LABELS_FINE:
      labels = ImageLabels::kFine;
      return Status();
    case v1::IMAGE_LABELS_COARSE:
      labels = ImageLabels::kCoarse;
      return Status();
    default:
      return UnknownEnum("data.images.labels", proto);
  }
}

}  // namespace

void SetImages(const DataSpec& data, v1::DataSpec& proto) {
  if (data.images.channels != 0) proto.mutable_images()->set_channels(data.images.channels);
  for (const std::int64_t side : data.images.size) proto.mutable_images()->add_size(side);
  for (const std::string& name : data.images.classes) proto.mutable_images()->add_classes(name);
  if (data.images.labels == ImageLabels::kCoarse)
    proto.mutable_images()->set_labels(v1::IMAGE_LABELS_COARSE);
  if (!data.augment.is_given()) return;
  proto.mutable_augment()->set_crop_padding(data.augment.crop_padding);
  proto.mutable_augment()->set_horizontal_flip(data.augment.horizontal_flip);
}

Status SetImages(const v1::DataSpec& proto, DataSpec& data) {
  data.images.channels = proto.images().channels();
  data.images.size.assign(proto.images().size().begin(), proto.images().size().end());
  data.images.classes.assign(proto.images().classes().begin(), proto.images().classes().end());
  data.augment = {.crop_padding = proto.augment().crop_padding(),
                  .horizontal_flip = proto.augment().horizontal_flip()};
  return SetLabels(proto.images().labels(), data.images.labels);
}

}  // namespace descent
