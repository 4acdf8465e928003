#pragma once

#include <string>

namespace descent {

// JSON Schema (draft 2020-12) of the job file, for editors: made of the descriptors of
// proto/descent/v1/job_spec.proto, whose comments become descriptions, by the rules of
// proto/job_file.h. What it accepts has the right fields and types; whether the job makes sense is
// for ReadJobFile to say.
std::string JobFileSchema();

}  // namespace descent
