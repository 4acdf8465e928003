#include "proto/optimizer_wire.h"

namespace descent {
namespace {

// The fields that every algorithm has.
template <typename Algorithm, typename Proto>
void SetCommon(const Algorithm& algorithm, Proto& proto) {
  proto.set_lr(algorithm.lr);
  proto.set_weight_decay(algorithm.weight_decay);
  for (const std::string& pattern : algorithm.no_decay) proto.add_no_decay(pattern);
}

template <typename Proto, typename Algorithm>
void GetCommon(const Proto& proto, Algorithm& algorithm) {
  if (proto.has_lr()) algorithm.lr = proto.lr();
  if (proto.has_weight_decay()) algorithm.weight_decay = proto.weight_decay();
  algorithm.no_decay.assign(proto.no_decay().begin(), proto.no_decay().end());
}

template <typename Algorithm, typename Proto>
void SetBetas(const Algorithm& algorithm, Proto& proto) {
  for (const double beta : algorithm.betas) proto.add_betas(beta);
}

template <typename Proto, typename Algorithm>
void GetBetas(const Proto& proto, Algorithm& algorithm) {
  if (proto.betas_size() > 0) algorithm.betas.assign(proto.betas().begin(), proto.betas().end());
}

void SetAlgorithm(const AdamWSpec& adamw, v1::OptimizerSpec& optimizer) {
  v1::AdamWSpec& proto = *optimizer.mutable_adamw();
  SetCommon(adamw, proto);
  SetBetas(adamw, proto);
  proto.set_eps(adamw.eps);
}

void SetAlgorithm(const AdamSpec& adam, v1::OptimizerSpec& optimizer) {
  v1::AdamSpec& proto = *optimizer.mutable_adam();
  SetCommon(adam, proto);
  SetBetas(adam, proto);
  proto.set_eps(adam.eps);
}

void SetAlgorithm(const SgdSpec& sgd, v1::OptimizerSpec& optimizer) {
  v1::SgdSpec& proto = *optimizer.mutable_sgd();
  SetCommon(sgd, proto);
  if (sgd.momentum != 0) proto.set_momentum(sgd.momentum);
  if (sgd.dampening != 0) proto.set_dampening(sgd.dampening);
  if (sgd.nesterov) proto.set_nesterov(true);
}

void SetAlgorithm(const LionSpec& lion, v1::OptimizerSpec& optimizer) {
  v1::LionSpec& proto = *optimizer.mutable_lion();
  SetCommon(lion, proto);
  SetBetas(lion, proto);
}

template <typename Algorithm, typename Proto>
Algorithm AdamFromProto(const Proto& proto) {
  Algorithm adam;
  GetCommon(proto, adam);
  GetBetas(proto, adam);
  if (proto.has_eps()) adam.eps = proto.eps();
  return adam;
}

SgdSpec SgdFromProto(const v1::SgdSpec& proto) {
  SgdSpec sgd;
  GetCommon(proto, sgd);
  sgd.momentum = proto.momentum();
  sgd.dampening = proto.dampening();
  sgd.nesterov = proto.nesterov();
  return sgd;
}

LionSpec LionFromProto(const v1::LionSpec& proto) {
  LionSpec lion;
  GetCommon(proto, lion);
  GetBetas(proto, lion);
  return lion;
}

void SetGroup(const ParameterGroup& group, v1::ParameterGroup& proto) {
  for (const std::string& pattern : group.match) proto.add_match(pattern);
  if (group.lr_multiplier != 1) proto.set_lr_multiplier(group.lr_multiplier);
  if (group.weight_decay) proto.set_weight_decay(*group.weight_decay);
  if (group.is_frozen) proto.set_freeze(true);
}

ParameterGroup GroupFromProto(const v1::ParameterGroup& proto) {
  ParameterGroup group;
  group.match.assign(proto.match().begin(), proto.match().end());
  if (proto.has_lr_multiplier()) group.lr_multiplier = proto.lr_multiplier();
  if (proto.has_weight_decay()) group.weight_decay = proto.weight_decay();
  group.is_frozen = proto.freeze();
  return group;
}

}  // namespace

void SetOptimizer(const JobSpec& spec, v1::JobSpec& proto) {
  v1::OptimizerSpec& optimizer = *proto.mutable_optimizer();
  std::visit([&](const auto& algorithm) { SetAlgorithm(algorithm, optimizer); },
             spec.optimizer.algorithm);
  optimizer.set_clip_norm(spec.optimizer.clip_norm);
  if (spec.optimizer.clip_value != 0) optimizer.set_clip_value(spec.optimizer.clip_value);
  for (const ParameterGroup& group : spec.optimizer.groups)
    SetGroup(group, *optimizer.add_groups());
  if (spec.ema) proto.mutable_ema()->set_decay(spec.ema->decay);
}

void SetOptimizer(const v1::JobSpec& proto, JobSpec& spec) {
  const v1::OptimizerSpec& optimizer = proto.optimizer();
  if (optimizer.has_adam()) {
    spec.optimizer.algorithm = AdamFromProto<AdamSpec>(optimizer.adam());
  } else if (optimizer.has_sgd()) {
    spec.optimizer.algorithm = SgdFromProto(optimizer.sgd());
  } else if (optimizer.has_lion()) {
    spec.optimizer.algorithm = LionFromProto(optimizer.lion());
  } else {
    spec.optimizer.algorithm = AdamFromProto<AdamWSpec>(optimizer.adamw());
  }
  spec.optimizer.clip_norm = optimizer.clip_norm();
  spec.optimizer.clip_value = optimizer.clip_value();
  for (const v1::ParameterGroup& group : optimizer.groups())
    spec.optimizer.groups.push_back(GroupFromProto(group));
  if (!proto.has_ema()) return;
  spec.ema.emplace();
  if (proto.ema().has_decay()) spec.ema->decay = proto.ema().decay();
}

}  // namespace descent
