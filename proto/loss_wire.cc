#include "proto/loss_wire.h"

#include <string>

namespace descent {
namespace {

v1::Loss ToProto(Loss loss) {
  switch (loss) {
    case Loss::kCrossEntropy:
      return v1::LOSS_CROSS_ENTROPY;
    case Loss::kBinaryCrossEntropy:
      return v1::LOSS_BINARY_CROSS_ENTROPY;
    case Loss::kMse:
      return v1::LOSS_MSE;
    case Loss::kHuber:
      return v1::LOSS_HUBER;
  }
  return v1::LOSS_UNSPECIFIED;
}

Result<Loss> FromProto(v1::Loss loss, Loss otherwise) {
  switch (loss) {
    case v1::LOSS_UNSPECIFIED:
      return otherwise;
    case v1::LOSS_CROSS_ENTROPY:
      return Loss::kCrossEntropy;
    case v1::LOSS_BINARY_CROSS_ENTROPY:
      return Loss::kBinaryCrossEntropy;
    case v1::LOSS_MSE:
      return Loss::kMse;
    case v1::LOSS_HUBER:
      return Loss::kHuber;
    default:
      return Status(Code::kInvalidArgument, "model.loss has the unknown value " +
                                                std::to_string(loss) +
                                                ": the sender is newer than this program");
  }
}

}  // namespace

void SetLoss(const ModelSpec& model, v1::ModelSpec& proto) {
  proto.set_loss(ToProto(model.loss));
  if (model.huber_delta != 0) proto.set_huber_delta(model.huber_delta);
  if (model.label_smoothing != 0) proto.set_label_smoothing(model.label_smoothing);
  if (model.ignore_index) proto.set_ignore_index(*model.ignore_index);
}

Status SetLoss(const v1::ModelSpec& proto, ModelSpec& model) {
  const Loss otherwise = proto.has_linear_regression() ? Loss::kMse : Loss::kCrossEntropy;
  DESCENT_ASSIGN(model.loss, FromProto(proto.loss(), otherwise));
  model.huber_delta = proto.huber_delta();
  model.label_smoothing = proto.label_smoothing();
  if (proto.has_ignore_index()) model.ignore_index = proto.ignore_index();
  return Status();
}

}  // namespace descent
