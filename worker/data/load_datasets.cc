#include "worker/data/load_datasets.h"

#include <algorithm>
#include <array>

#include "common/check.h"
#include "worker/data/idx_dataset.h"
#include "worker/data/ignore_labels.h"
#include "worker/data/image_augmenter.h"
#include "worker/data/load_arrays.h"
#include "worker/data/load_cifar.h"
#include "worker/data/load_image_folder.h"
#include "worker/data/load_tables.h"
#include "worker/data/load_texts.h"
#include "worker/data/load_tokens.h"
#include "worker/data/scale_features.h"
#include "worker/data/synthetic_dataset.h"
#include "worker/data/take_out_splits.h"

namespace descent {
namespace {

// Who makes x = (value - mean) / std of features by numbers that are declared.
enum class Scaling { kLoader, kLoadDatasets };

struct Format {
  DataFormat format;
  Result<Datasets> (*load)(const JobSpec& spec);
  Scaling scaling = Scaling::kLoadDatasets;
};

constexpr std::array kFormats = {
    Format{DataFormat::kIdx, LoadIdx, Scaling::kLoader},
    Format{DataFormat::kText, LoadTexts},
    Format{DataFormat::kTokens, LoadTokens},
    Format{DataFormat::kImages, LoadImageFolder, Scaling::kLoader},
    Format{DataFormat::kCifar10, LoadCifar, Scaling::kLoader},
    Format{DataFormat::kCifar100, LoadCifar, Scaling::kLoader},
    Format{DataFormat::kCsv, LoadTables},
    Format{DataFormat::kTsv, LoadTables},
    Format{DataFormat::kNpy, LoadArrays},
    Format{DataFormat::kNpz, LoadArrays},
    Format{DataFormat::kSynthetic, LoadSynthetic},
};

}  // namespace

Result<Datasets> LoadDatasets(const JobSpec& spec) {
  const auto format = std::ranges::find(kFormats, spec.data.train.format, &Format::format);
  DESCENT_CHECK(format != kFormats.end());
  DESCENT_ASSIGN(Datasets datasets, format->load(spec));
  datasets.normalize = spec.data.normalize;
  DESCENT_RETURN_IF_ERROR(TakeOutSplits(spec, datasets));
  DESCENT_RETURN_IF_ERROR(IgnoreLabels(spec, datasets));
  const bool is_declared = spec.data.normalize.from == NormalizeFrom::kDeclared;
  if (!is_declared || format->scaling != Scaling::kLoader)
    DESCENT_RETURN_IF_ERROR(ScaleFeatures(spec.data, datasets));
  DESCENT_RETURN_IF_ERROR(
      CheckAugment(spec.data.augment, datasets.normalize, datasets.train->format()));
  return datasets;
}

}  // namespace descent
