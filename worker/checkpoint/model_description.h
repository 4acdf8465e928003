#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/job_spec.h"
#include "common/result.h"
#include "common/sample_format.h"
#include "worker/data/vocabulary.h"

namespace descent {

// What it takes to run a checkpoint's model without its job and its data.
struct ModelDescription {
  ModelSpec model;
  SampleFormat format;
  std::optional<Vocabulary> vocabulary;  // of text
  std::optional<DataSpec> data;          // of features: how they come out of a file (FittedData)
};

// model.json (docs/checkpoint_format.md). Equal descriptions give equal bytes.
std::string EncodeModelDescription(const ModelDescription& description);

// kDataLoss: it is not what EncodeModelDescription writes, or of no model that there can be. What
// it answers can be built and run, however it came about.
Result<ModelDescription> DecodeModelDescription(std::string_view text);

}  // namespace descent
