#include "coordinator/stream_set.h"

#include <bit>
#include <utility>

namespace descent {

void StreamSet::Add(const std::shared_ptr<OpenStream>& stream, const Caller& caller) {
  std::optional<grpc::Status> ended_with;
  {
    const std::lock_guard lock(mutex_);
    ended_with = ended_with_;
    // At powers of two, so that of a thousand streams that come not each looks at all the others.
    if (std::has_single_bit(entries_.size()))
      std::erase_if(entries_, [](const Entry& known) { return known.stream.expired(); });
    if (!ended_with) entries_.push_back({stream, caller});
  }
  if (ended_with) stream->End(*ended_with);
}

std::vector<StreamSet::Entry> StreamSet::Entries() {
  const std::lock_guard lock(mutex_);
  return entries_;
}

void StreamSet::SendBookmarks() {
  for (const Entry& known : Entries())
    if (const auto stream = known.stream.lock()) stream->SendBookmarkIfDue();
}

void StreamSet::EndWhere(
    const std::function<std::optional<grpc::Status>(const Caller& caller)>& why) {
  for (const Entry& known : Entries()) {
    const auto stream = known.stream.lock();
    if (stream == nullptr) continue;
    if (const std::optional<grpc::Status> status = why(known.caller)) stream->End(*status);
  }
}

void StreamSet::EndAll(const grpc::Status& status) {
  std::vector<Entry> entries;
  {
    const std::lock_guard lock(mutex_);
    ended_with_ = status;
    entries = std::exchange(entries_, {});
  }
  for (const Entry& known : entries)
    if (const auto stream = known.stream.lock()) stream->End(status);
}

}  // namespace descent
