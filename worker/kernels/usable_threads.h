#pragma once

namespace descent {

// As many compute threads as this process may have cores, at most limits::kThreadsMax.
int UsableThreads();

}  // namespace descent
