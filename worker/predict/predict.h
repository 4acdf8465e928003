#pragma once

#include <string>

#include "worker/predict/asked_data.h"

namespace descent {

struct PredictOptions {
  std::string checkpoint;  // its directory
  AskedData data;
  std::string output;  // *.csv or *.npy; empty: a CSV to stdout
};

// `descent-worker --predict CHECKPOINT --data PATH`: writes what the model makes of each sample
// (prediction_csv.h; an NPY has the values alone), and where the data have labels or targets tells
// the metrics on stderr. Returns the exit status: 0; 2 if the data or the output are not as wanted;
// 1 after any other error. Errors go to stderr.
int Predict(const PredictOptions& options);

}  // namespace descent
