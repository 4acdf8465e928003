#pragma once

#include <cstdint>
#include <string>

#include "common/worker_protocol.h"

namespace descent {

// What a message says, as far as whoever hears it acts by it. Without numbers of reports.
std::string MessageText(const WorkerMessage& message);
std::string MessageText(const CoordinatorMessage& message);

// Of which job and generation it speaks; 0: of none.
std::int64_t GenerationOf(const WorkerMessage& message);
std::string JobOf(const WorkerMessage& message);
std::int64_t GenerationOf(const CoordinatorMessage& message);

}  // namespace descent
