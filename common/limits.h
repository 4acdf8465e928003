#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace descent::limits {

// One bucket is one all-reduce: at most 64 MiB, which crosses 10 GbE in about 54 ms. Large enough
// to hide latency, small enough that the first can travel while backward still runs.
inline constexpr std::size_t kBucketElementsMax = std::size_t{16} << 20;
static_assert(kBucketElementsMax <= 0x7fffffff, "MPI counts are int");

// A bucket is closed once it holds this many elements (1 MiB of f32): smaller ones are latency.
inline constexpr std::size_t kBucketElementsTarget = std::size_t{256} << 10;

inline constexpr std::int64_t kLogicalWorkersMax = 4096;
// Bounds of numbers of samples and steps keep every product of the batch arithmetic far from
// overflow.
inline constexpr std::int64_t kStepsMax = std::int64_t{1} << 40;
inline constexpr std::int64_t kEpochsMax = 1'000'000;
inline constexpr std::int64_t kGlobalBatchMax = std::int64_t{1} << 24;
inline constexpr std::int64_t kContextLengthMax = std::int64_t{1} << 20;
inline constexpr std::int64_t kVocabularySizeMax = std::int64_t{1} << 24;
inline constexpr std::size_t kVocabularyBytesMax = std::size_t{1} << 30;  // of a tokenizer's file

// Models. Values of one sample between two layers, and parameters in all: beyond any machine, and
// far enough below 2^63 that no product of sizes overflows.
inline constexpr std::int64_t kSampleValuesMax = std::int64_t{1} << 36;
inline constexpr std::int64_t kParametersMax = std::int64_t{1} << 40;

// Datasets. A line of a table is a record between two line ends, quoted ones included; the header
// of an NPY array is a line of text.
inline constexpr std::int64_t kSamplesMax = std::int64_t{1} << 40;
inline constexpr std::int64_t kFeaturesMax = std::int64_t{1} << 24;
inline constexpr std::int64_t kClassesMax = std::int64_t{1} << 24;
inline constexpr std::size_t kTableLineBytesMax = std::size_t{1} << 20;
inline constexpr std::size_t kTableColumnsMax = std::size_t{1} << 16;
inline constexpr std::size_t kCategoriesMax = std::size_t{1} << 16;     // words of one column
inline constexpr std::int64_t kTableValuesMax = std::int64_t{1} << 32;  // 16 GiB of f32
inline constexpr std::size_t kFileProblemsMax = 20;                     // told of one file
inline constexpr std::size_t kArrayHeaderBytesMax = std::size_t{64} << 10;
inline constexpr std::size_t kArrayRankMax = 8;
inline constexpr std::size_t kArchiveEntriesMax = 4096;
inline constexpr int kWorldSizeMax = 4096;
inline constexpr int kLeaveSecondsMax = 24 * 3600;

// An image file is refused beyond this before memory is taken for it: at most 768 MiB of pixels.
inline constexpr int kImageSideMax = 16384;
inline constexpr std::size_t kImageFileBytesMax = std::size_t{256} << 20;
// A progressive JPEG has about ten; each goes over all of the image, however few bytes it has.
inline constexpr int kImageScansMax = 100;

inline constexpr int kThreadsMax = 256;

// gRPC: bulk bytes travel in chunks, never in one message.
inline constexpr std::size_t kMessageBytesMax = std::size_t{4} << 20;
inline constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
inline constexpr std::size_t kJobFileBytesMax = std::size_t{256} << 10;
inline constexpr int kPageSizeMax = 1000;

// Lists. Every job is compared with every term.
inline constexpr std::size_t kLabelsMax = 32;  // of one job
inline constexpr std::size_t kFilterBytesMax = std::size_t{4} << 10;
inline constexpr std::size_t kFilterTermsMax = 32;
inline constexpr std::size_t kOrderFieldsMax = 8;
inline constexpr std::size_t kPageTokenBytesMax = std::size_t{16} << 10;

// Batches prepared ahead by the prefetch thread.
inline constexpr std::size_t kPrefetchBatches = 4;

// Steps granted ahead: at least this many, and at least this much time at the measured pace.
inline constexpr std::int64_t kGrantAheadStepsMin = 64;
inline constexpr std::chrono::seconds kGrantAheadTimeMin{10};

inline constexpr std::chrono::seconds kHeartbeatInterval{3};
inline constexpr std::chrono::seconds kWorkerLease{15};
inline constexpr std::chrono::milliseconds kReconnectDelayMin{100};
inline constexpr std::chrono::milliseconds kReconnectDelayMax{5000};

// What a gang may take to prepare, unless its job or the coordinator's options say otherwise: data
// may have to be read in full, from a disk that others use too.
inline constexpr std::chrono::seconds kStartTimeout{600};

// Times that a job file or a command gives: ten years.
inline constexpr std::int64_t kDurationSecondsMax = std::int64_t{3650} * 86400;
inline constexpr std::int64_t kRetentionDaysMax = 36500;

// How long no rank of a running job may go on before the job counts as one that stands still; what
// takes long by nature has more (coordinator/stall.h).
inline constexpr std::chrono::seconds kStallTimeout{60};

// Messages that wait in one stream to a worker or a watcher; the slow reader is cut off beyond.
inline constexpr std::size_t kStreamQueueMax = 4096;

// After a restart of the coordinator its workers have this long to come back. A worker without a
// coordinator trains on while it has grants, and then waits.
inline constexpr std::chrono::seconds kReattachTimeout{20};

// Reports that a worker keeps until they are acknowledged.
inline constexpr std::size_t kReportsKeptMax = kStreamQueueMax / 2;

// Failures that an attempt remembers beside the one that ended it: enough to see what its ranks
// have in common.
inline constexpr std::size_t kSecondaryFailuresMax = 8;

// Attempts that a job remembers, the newest.
inline constexpr std::size_t kAttemptsKept = 100;

}  // namespace descent::limits
