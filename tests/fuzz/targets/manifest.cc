#include "checkpoint/manifest.h"

#include "common/check.h"
#include "tests/fuzz/fuzz_target.h"

namespace descent {

DESCENT_FUZZ_TARGET(manifest) {
  const Result<Manifest> manifest = DecodeManifest(bytes);
  if (!manifest.ok()) return;
  NoteTaken();
  DESCENT_CHECK(manifest.value().files.size() == 3);
  DESCENT_CHECK(DecodeManifest(EncodeManifest(manifest.value())).value() == manifest.value());
}

}  // namespace descent
