#include "coordinator/stream_set.h"

#include <utility>

namespace descent {

void StreamSet::Add(const std::shared_ptr<OpenStream>& stream) {
  std::optional<Status> ended_with;
  {
    const std::lock_guard lock(mutex_);
    ended_with = ended_with_;
    std::erase_if(streams_, [](const auto& known) { return known.expired(); });
    if (!ended_with) streams_.push_back(stream);
  }
  if (ended_with) stream->End(*ended_with);
}

void StreamSet::EndAll(const Status& status) {
  std::vector<std::weak_ptr<OpenStream>> streams;
  {
    const std::lock_guard lock(mutex_);
    ended_with_ = status;
    streams = std::exchange(streams_, {});
  }
  for (const std::weak_ptr<OpenStream>& known : streams)
    if (const auto stream = known.lock()) stream->End(status);
}

}  // namespace descent
