#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace descent {

// What the caller should do about a failure (docs/glossary.md, "Code").
enum class Code {
  kOk,
  kInvalidArgument,     // fix the request
  kNotFound,            // name something that exists
  kAlreadyExists,       // choose another name
  kFailedPrecondition,  // do not retry: the state forbids it
  kResourceExhausted,   // back off, then retry
  kUnavailable,         // call again
  kAborted,             // restart the job from its last checkpoint
  kCancelled,           // somebody asked for it: nothing to do
  kDataLoss,            // use the older checkpoint and alert
  kInternal,            // a bug: report it
};

// "InvalidArgument", "Aborted", …
std::string_view CodeName(Code code);

// Success, or a code and a message that says what was found and what was wanted.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == Code::kOk; }
  Code code() const { return code_; }
  const std::string& message() const { return message_; }

  // "Aborted: rank 2 is gone", or "Ok".
  std::string ToString() const;

 private:
  Code code_ = Code::kOk;
  std::string message_;
};

std::ostream& operator<<(std::ostream& stream, const Status& status);

}  // namespace descent
