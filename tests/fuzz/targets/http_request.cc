#include <string>

#include "common/check.h"
#include "coordinator/http_accept.h"
#include "coordinator/http_pattern.h"
#include "coordinator/http_query.h"
#include "coordinator/http_range.h"
#include "tests/fuzz/fuzz_target.h"

namespace descent {
namespace {

void CheckRange(std::string_view range, std::int64_t body_bytes) {
  const RangeChoice choice = ChooseRange(range, body_bytes);
  DESCENT_CHECK(!ContentRange(choice, body_bytes).empty() ||
                choice.kind == RangeChoice::Kind::kWhole);
  if (choice.kind != RangeChoice::Kind::kPart) return;
  DESCENT_CHECK(choice.first >= 0 && choice.first < body_bytes);
  DESCENT_CHECK(choice.length >= 1 && choice.length <= body_bytes - choice.first);
}

}  // namespace

// The parts of a request, a line each: path, query, Range, Accept.
DESCENT_FUZZ_TARGET(http_request) {
  const std::string_view path = TakePart(bytes, '\n');
  for (const char* pattern :
       {"/v1/jobs/{job}", "/v1/jobs/{job}:cancel", "/v1/jobs/{job}/checkpoints/{step}/files/*"}) {
    const auto places = MatchPattern(pattern, path);
    if (!places) continue;
    NoteTaken();
    for (const auto& [name, place] : *places)
      DESCENT_CHECK(PercentDecode(place).size() <= path.size());
  }
  const HttpParameters parameters = ParseQuery(TakePart(bytes, '\n'));
  FindUnknownParameter(parameters, "names,max_points,page_size,page_token");
  const auto points = IntegerParameter(parameters, "max_points", 100, 10'000);
  if (points.ok()) DESCENT_CHECK(points.value() >= 1 && points.value() <= 10'000);
  ListParameter(parameters, "names");
  const std::string_view range = TakePart(bytes, '\n');
  for (const std::int64_t body_bytes : {0, 1, 1000}) CheckRange(range, body_bytes);
  for (const Accepted& accepted : ParseAccept(bytes))
    DESCENT_CHECK(accepted.quality >= 0 && accepted.quality <= 1);
  AcceptsGzip(bytes);
  PrefersOpenMetrics(bytes);
}

}  // namespace descent
