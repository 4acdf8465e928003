#pragma once

// Which samples were read for which step, for a test that counts them: written in a build with the
// CMake option DESCENT_FAILPOINTS, into the directory DESCENT_FAILPOINT_RECORD (failpoint.h). Of
// any other build it leaves nothing.
//
//   samples.GENERATION.RANK   a line "STEP SAMPLE SAMPLE …" for each batch; steps count from 0
#ifdef DESCENT_FAILPOINTS

#include <cstdint>
#include <span>

namespace descent {

// What is recorded from now on is of that attempt. While no other thread records.
void BeginSampleRecord(std::int64_t generation, int rank);

// Nothing before the first BeginSampleRecord. A batch is there whole or not at all, whenever the
// process is killed.
void RecordSamples(std::int64_t step, std::span<const std::int64_t> samples);

}  // namespace descent

#define DESCENT_BEGIN_SAMPLE_RECORD(generation, rank) ::descent::BeginSampleRecord(generation, rank)
#define DESCENT_RECORD_SAMPLES(step, samples) ::descent::RecordSamples(step, samples)

#else

#define DESCENT_BEGIN_SAMPLE_RECORD(generation, rank) static_cast<void>(0)
#define DESCENT_RECORD_SAMPLES(step, samples) static_cast<void>(0)

#endif
