#include <limits>
#include <string>
#include <variant>

#include "proto/activation_checkpointing_wire.h"
#include "proto/data_wire.h"
#include "proto/enum_wire.h"
#include "proto/evaluation_wire.h"
#include "proto/gpt_wire.h"
#include "proto/image_model_wire.h"
#include "proto/lifetime_wire.h"
#include "proto/loss_wire.h"
#include "proto/lr_schedule_wire.h"
#include "proto/nonfinite_wire.h"
#include "proto/optimizer_wire.h"
#include "proto/precision_wire.h"
#include "proto/reduction_wire.h"
#include "proto/wire.h"

namespace descent {
namespace {

// --- Enums ---------------------------------------------------------------------------------------

v1::EpochTail ToProto(EpochTail tail) {
  return tail == EpochTail::kDrop ? v1::EPOCH_TAIL_DROP : v1::EPOCH_TAIL_KEEP;
}

v1::Collective ToProto(CollectiveKind collective) {
  switch (collective) {
    case CollectiveKind::kAuto:
      return v1::COLLECTIVE_AUTO;
    case CollectiveKind::kMpi:
      return v1::COLLECTIVE_MPI;
    case CollectiveKind::kSharedMemory:
      return v1::COLLECTIVE_SHARED_MEMORY;
  }
  return v1::COLLECTIVE_UNSPECIFIED;
}

Result<CollectiveKind> FromProto(v1::Collective collective) {
  switch (collective) {
    case v1::COLLECTIVE_UNSPECIFIED:
    case v1::COLLECTIVE_AUTO:
      return CollectiveKind::kAuto;
    case v1::COLLECTIVE_MPI:
      return CollectiveKind::kMpi;
    case v1::COLLECTIVE_SHARED_MEMORY:
      return CollectiveKind::kSharedMemory;
    default:
      return UnknownEnum("collective", collective);
  }
}

v1::Update ToProto(UpdateKind update) {
  return update == UpdateKind::kReplicated ? v1::UPDATE_REPLICATED : v1::UPDATE_SHARDED;
}

Result<UpdateKind> FromProto(v1::Update update) {
  switch (update) {
    case v1::UPDATE_UNSPECIFIED:
    case v1::UPDATE_REPLICATED:
      return UpdateKind::kReplicated;
    case v1::UPDATE_SHARDED:
      return UpdateKind::kSharded;
    default:
      return UnknownEnum("update", update);
  }
}

Result<EpochTail> FromProto(v1::EpochTail tail) {
  switch (tail) {
    case v1::EPOCH_TAIL_UNSPECIFIED:
    case v1::EPOCH_TAIL_DROP:
      return EpochTail::kDrop;
    case v1::EPOCH_TAIL_KEEP:
      return EpochTail::kKeep;
    default:
      return UnknownEnum("batch.tail", tail);
  }
}

// --- Parts of the spec ---------------------------------------------------------------------------

Result<MlpSpec> FromProto(const v1::MlpSpec& proto) {
  MlpSpec mlp;
  mlp.hidden_sizes.assign(proto.hidden_sizes().begin(), proto.hidden_sizes().end());
  DESCENT_ASSIGN(mlp.activation, ActivationFromProto(proto.activation(), "model.mlp.activation"));
  mlp.dropout = proto.dropout();
  return mlp;
}

void SetArchitecture(const MlpSpec& mlp, v1::ModelSpec& model) {
  v1::MlpSpec& proto = *model.mutable_mlp();
  for (const std::int64_t size : mlp.hidden_sizes) proto.add_hidden_sizes(size);
  proto.set_activation(ToProto(mlp.activation));
  proto.set_dropout(mlp.dropout);
}

void SetArchitecture(const GptSpec& gpt, v1::ModelSpec& model) {
  SetGpt(gpt, *model.mutable_gpt());
}

void SetArchitecture(const LinearRegressionSpec&, v1::ModelSpec& model) {
  model.mutable_linear_regression();
}

void SetArchitecture(const LogisticRegressionSpec&, v1::ModelSpec& model) {
  model.mutable_logistic_regression();
}

void SetArchitecture(const LayersSpec& layers, v1::ModelSpec& model) {
  SetLayers(layers, *model.mutable_layers());
}

void SetArchitecture(const ConvnetSpec& convnet, v1::ModelSpec& model) {
  SetConvnet(convnet, *model.mutable_convnet());
}

void SetArchitecture(const ResnetSpec& resnet, v1::ModelSpec& model) {
  SetResnet(resnet, *model.mutable_resnet());
}

v1::Init ToProto(Initializer init) {
  switch (init) {
    case Initializer::kGpt2:
      return v1::INIT_GPT2;
    case Initializer::kZeros:
      return v1::INIT_ZEROS;
    case Initializer::kPytorch:
      break;
  }
  return v1::INIT_PYTORCH;
}

Status SetInit(v1::Init proto, ModelSpec& model) {
  switch (proto) {
    case v1::INIT_UNSPECIFIED:
      return Status();
    case v1::INIT_PYTORCH:
      model.init = Initializer::kPytorch;
      return Status();
    case v1::INIT_GPT2:
      model.init = Initializer::kGpt2;
      return Status();
    case v1::INIT_ZEROS:
      model.init = Initializer::kZeros;
      return Status();
    default:
      return UnknownEnum("model.init", proto);
  }
}

Status SetModel(const v1::ModelSpec& proto, ModelSpec& model) {
  if (proto.has_mlp()) {
    DESCENT_ASSIGN(model.architecture, FromProto(proto.mlp()));
  } else if (proto.has_gpt()) {
    DESCENT_ASSIGN(model.architecture, GptFromProto(proto.gpt()));
  } else if (proto.has_linear_regression()) {
    model.architecture = LinearRegressionSpec{};
  } else if (proto.has_logistic_regression()) {
    model.architecture = LogisticRegressionSpec{};
  } else if (proto.has_layers()) {
    DESCENT_ASSIGN(model.architecture, LayersFromProto(proto.layers()));
  } else if (proto.has_convnet()) {
    DESCENT_ASSIGN(model.architecture, ConvnetFromProto(proto.convnet()));
  } else if (proto.has_resnet()) {
    DESCENT_ASSIGN(model.architecture, ResnetFromProto(proto.resnet()));
  } else {
    return Status(Code::kInvalidArgument,
                  "model names no architecture, must be one of: mlp, gpt, linear_regression, "
                  "logistic_regression, layers, convnet, resnet");
  }
  DESCENT_RETURN_IF_ERROR(SetInit(proto.init(), model));
  DESCENT_RETURN_IF_ERROR(SetActivationCheckpointing(proto, model));
  return SetLoss(proto, model);
}

// An int field of our own; values beyond int are cut to its ends, which validation then refuses.
int ToInt(std::int64_t value) {
  if (value > std::numeric_limits<int>::max()) return std::numeric_limits<int>::max();
  if (value < std::numeric_limits<int>::min()) return std::numeric_limits<int>::min();
  return static_cast<int>(value);
}

}  // namespace

v1::JobSpec ToProto(const JobSpec& spec) {
  v1::JobSpec proto;
  proto.set_name(spec.name);
  std::visit([&](const auto& model) { SetArchitecture(model, *proto.mutable_model()); },
             spec.model.architecture);
  if (spec.model.init) proto.mutable_model()->set_init(ToProto(*spec.model.init));
  SetActivationCheckpointing(spec.model, *proto.mutable_model());
  SetLoss(spec.model, *proto.mutable_model());

  SetData(spec.data, *proto.mutable_data());

  v1::BatchSpec& batch = *proto.mutable_batch();
  batch.set_global(spec.batch.global);
  batch.set_micro(spec.batch.micro);
  batch.set_logical_workers(spec.batch.logical_workers);
  batch.set_tail(ToProto(spec.batch.tail));

  if (spec.epochs != 0) proto.set_epochs(spec.epochs);
  if (spec.steps != 0) proto.set_steps(spec.steps);
  if (spec.stop_at_step != 0) proto.set_stop_at_step(spec.stop_at_step);
  if (spec.verify_every != 0) proto.set_verify_every(spec.verify_every);
  proto.set_seed(spec.seed);
  SetOptimizer(spec, proto);
  SetLrSchedule(spec.lr_schedule, *proto.mutable_lr_schedule());
  SetEvaluation(spec, proto);
  SetNonfinite(spec, proto);
  SetPrecision(spec, proto);
  SetReduction(spec, proto);
  SetLifetime(spec, proto);
  proto.mutable_checkpoint()->set_every_steps(spec.checkpoint.every_steps);
  proto.mutable_checkpoint()->set_keep_last(spec.checkpoint.keep_last);
  proto.mutable_workers()->set_min(spec.workers.min);
  proto.mutable_workers()->set_max(spec.workers.max);
  proto.mutable_workers()->set_threads(spec.workers.threads);
  proto.mutable_restarts()->set_max(spec.restarts_max);
  proto.set_collective(ToProto(spec.collective));
  proto.set_update(ToProto(spec.update));
  return proto;
}

Result<JobSpec> FromProto(const v1::JobSpec& proto) {
  JobSpec spec;
  spec.name = proto.name();
  DESCENT_RETURN_IF_ERROR(SetModel(proto.model(), spec.model));
  DESCENT_ASSIGN(spec.data, DataFromProto(proto.data()));
  spec.batch.global = proto.batch().global();
  spec.batch.micro = proto.batch().micro();
  spec.batch.logical_workers = proto.batch().logical_workers();
  DESCENT_ASSIGN(spec.batch.tail, FromProto(proto.batch().tail()));
  spec.epochs = proto.epochs();
  spec.steps = proto.steps();
  spec.stop_at_step = proto.stop_at_step();
  spec.verify_every = proto.verify_every();
  spec.seed = proto.seed();
  SetOptimizer(proto, spec);
  DESCENT_ASSIGN(spec.lr_schedule, LrScheduleFromProto(proto.lr_schedule()));
  DESCENT_RETURN_IF_ERROR(SetEvaluation(proto, spec));
  DESCENT_RETURN_IF_ERROR(SetNonfinite(proto, spec));
  DESCENT_RETURN_IF_ERROR(SetPrecision(proto, spec));
  DESCENT_RETURN_IF_ERROR(SetReduction(proto, spec));
  DESCENT_RETURN_IF_ERROR(SetLifetime(proto, spec));
  spec.checkpoint.every_steps = proto.checkpoint().every_steps();
  if (proto.checkpoint().has_keep_last())
    spec.checkpoint.keep_last = proto.checkpoint().keep_last();
  if (proto.workers().has_min()) spec.workers.min = ToInt(proto.workers().min());
  spec.workers.max = ToInt(proto.workers().max());
  if (proto.workers().has_threads()) spec.workers.threads = ToInt(proto.workers().threads());
  if (proto.restarts().has_max()) spec.restarts_max = ToInt(proto.restarts().max());
  DESCENT_ASSIGN(spec.collective, FromProto(proto.collective()));
  DESCENT_ASSIGN(spec.update, FromProto(proto.update()));
  return spec;
}

std::string EncodeJobSpec(const JobSpec& spec) { return ToProto(spec).SerializeAsString(); }

Result<JobSpec> DecodeJobSpec(const std::string& bytes) {
  v1::JobSpec proto;
  if (!proto.ParseFromString(bytes))
    return Status(Code::kInvalidArgument, "the bytes are not those of a job's spec");
  return FromProto(proto);
}

v1::ShardPlan ToProto(const ShardPlan& plan) {
  v1::ShardPlan proto;
  proto.set_sample_count(plan.sample_count);
  proto.set_global_batch(plan.global_batch);
  proto.set_logical_workers(plan.logical_workers);
  proto.set_seed(plan.seed);
  proto.set_tail(ToProto(plan.tail));
  proto.set_shuffle(ShuffleToProto(plan.shuffle.mode));
  proto.set_shuffle_block(plan.shuffle.block);
  return proto;
}

Result<ShardPlan> FromProto(const v1::ShardPlan& proto) {
  ShardPlan plan;
  plan.sample_count = proto.sample_count();
  plan.global_batch = proto.global_batch();
  plan.logical_workers = proto.logical_workers();
  plan.seed = proto.seed();
  DESCENT_ASSIGN(plan.tail, FromProto(proto.tail()));
  DESCENT_ASSIGN(plan.shuffle,
                 ShuffleFromProto(proto.shuffle(), proto.shuffle_block(), "shard_plan.shuffle"));
  return plan;
}

}  // namespace descent
