#pragma once

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/data/datasets.h"

namespace descent {

// The loader of the format `images` (load_datasets.h): PATH/<class>/<name>.png, .jpg or .jpeg. The
// classes are those that the job names, or else the folders of the training set in the order of the
// bytes of their names; another split may lack some of them. Where answers may be lacking, PATH may
// hold the images themselves. Samples come class by class, in a class by name; names that begin
// with a dot, and other files, are passed over. All images have the size of the first one of the
// training set, or are resized to the one that the job names. They are decoded here, once, and kept
// in memory as bytes.
Result<Datasets> LoadImageFolder(const JobSpec& spec);

}  // namespace descent
