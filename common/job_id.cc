#include "common/job_id.h"

#include <algorithm>
#include <cstddef>

namespace descent {
namespace {

constexpr std::size_t kJobIdCharactersMax = 63;

}  // namespace

bool IsJobId(std::string_view id) {
  const auto is_allowed = [](char c) {
    return ('a' <= c && c <= 'z') || ('0' <= c && c <= '9') || c == '-';
  };
  return !id.empty() && id.size() <= kJobIdCharactersMax &&
         std::all_of(id.begin(), id.end(), is_allowed);
}

}  // namespace descent
