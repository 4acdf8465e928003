#pragma once

#include <optional>
#include <utility>

#include "common/check.h"
#include "common/status.h"

namespace descent {

// A value, or the Status that says why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}  // NOLINT: implicit
  Result(Status status) : status_(std::move(status)) { DESCENT_CHECK(!status_.ok()); }  // NOLINT

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }

  // The value; aborts if there is none.
  T& value() & {
    DESCENT_CHECK(ok());
    return *value_;
  }
  const T& value() const& {
    DESCENT_CHECK(ok());
    return *value_;
  }
  // By value, so that "for (x : Find().value())" does not outlive what it looks at.
  T value() && {
    DESCENT_CHECK(ok());
    return std::move(*value_);
  }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace descent

#define DESCENT_CONCAT_INNER(a, b) a##b
#define DESCENT_CONCAT(a, b) DESCENT_CONCAT_INNER(a, b)

// DESCENT_ASSIGN(const std::string bytes, ReadFile(path)): declares, or returns the error.
#define DESCENT_ASSIGN(declaration, ...)                                                          \
  auto DESCENT_CONCAT(result_, __LINE__) = (__VA_ARGS__);                                         \
  if (!DESCENT_CONCAT(result_, __LINE__).ok()) return DESCENT_CONCAT(result_, __LINE__).status(); \
  declaration = std::move(DESCENT_CONCAT(result_, __LINE__)).value()

// DESCENT_RETURN_IF_ERROR(Write(path)): goes on, or returns the error.
#define DESCENT_RETURN_IF_ERROR(...)                                                             \
  do {                                                                                           \
    if (::descent::Status status_or_ok = (__VA_ARGS__); !status_or_ok.ok()) return status_or_ok; \
  } while (false)
