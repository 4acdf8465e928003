#include "worker/data/datasets.h"

#include <span>
#include <string>

namespace descent {

Digest Datasets::Fingerprint() const {
  ChunkedHasher hasher;
  for (const Dataset* split : {train.get(), validation.get(), test.get()}) {
    const std::string digest = split == nullptr ? "absent" : split->Fingerprint().ToHex();
    hasher.Add(std::as_bytes(std::span(digest)));
  }
  if (vocabulary) vocabulary->AddTo(hasher);
  return hasher.Finish();
}

}  // namespace descent
