#include "worker/data/load_datasets.h"

#include <algorithm>
#include <array>

#include "common/check.h"
#include "worker/data/idx_dataset.h"
#include "worker/data/load_texts.h"
#include "worker/data/load_tokens.h"

namespace descent {
namespace {

struct Format {
  DataFormat format;
  Result<Datasets> (*load)(const JobSpec& spec);
};

constexpr std::array kFormats = {
    Format{DataFormat::kIdx, LoadIdx},
    Format{DataFormat::kText, LoadTexts},
    Format{DataFormat::kTokens, LoadTokens},
};

}  // namespace

Result<Datasets> LoadDatasets(const JobSpec& spec) {
  const auto format = std::ranges::find(kFormats, spec.data.train.format, &Format::format);
  DESCENT_CHECK(format != kFormats.end());
  return format->load(spec);
}

}  // namespace descent
