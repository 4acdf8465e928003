#pragma once

#include <CLI/CLI.hpp>

#include "common/profile_options.h"
#include "worker/explain_job.h"
#include "worker/export/export.h"
#include "worker/generate/generate.h"
#include "worker/predict/predict.h"
#include "worker/replay_job.h"

namespace descent {

// Each adds the option that names one task of `descent-worker`, which is then all it does, and what
// belongs to it. `options` outlives the parsing.
void AddScaleOptions(CLI::App& app, ScaleOptions& options);
void AddGenerateOptions(CLI::App& app, GenerateOptions& options);
void AddPredictOptions(CLI::App& app, PredictOptions& options);
void AddExportOptions(CLI::App& app, ExportOptions& options);
void AddReplayOptions(CLI::App& app, ReplayOptions& options);

// A trace, beside the work.
void AddProfileOptions(CLI::App& app, ProfileOptions& profile);

}  // namespace descent
