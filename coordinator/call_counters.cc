#include "coordinator/call_counters.h"

#include "common/check.h"

namespace descent {
namespace {

struct CodeName {
  grpc::StatusCode code;
  const char* name;
};

// The spelling of grpc-ecosystem's interceptors, which dashboards ask for.
constexpr CodeName kCodeNames[] = {
    {grpc::StatusCode::OK, "OK"},
    {grpc::StatusCode::CANCELLED, "Canceled"},
    {grpc::StatusCode::UNKNOWN, "Unknown"},
    {grpc::StatusCode::INVALID_ARGUMENT, "InvalidArgument"},
    {grpc::StatusCode::DEADLINE_EXCEEDED, "DeadlineExceeded"},
    {grpc::StatusCode::NOT_FOUND, "NotFound"},
    {grpc::StatusCode::ALREADY_EXISTS, "AlreadyExists"},
    {grpc::StatusCode::PERMISSION_DENIED, "PermissionDenied"},
    {grpc::StatusCode::RESOURCE_EXHAUSTED, "ResourceExhausted"},
    {grpc::StatusCode::FAILED_PRECONDITION, "FailedPrecondition"},
    {grpc::StatusCode::ABORTED, "Aborted"},
    {grpc::StatusCode::OUT_OF_RANGE, "OutOfRange"},
    {grpc::StatusCode::UNIMPLEMENTED, "Unimplemented"},
    {grpc::StatusCode::INTERNAL, "Internal"},
    {grpc::StatusCode::UNAVAILABLE, "Unavailable"},
    {grpc::StatusCode::DATA_LOSS, "DataLoss"},
    {grpc::StatusCode::UNAUTHENTICATED, "Unauthenticated"},
};

const char* NameOf(grpc::StatusCode code) {
  for (const CodeName& row : kCodeNames)
    if (row.code == code) return row.name;
  return "Unknown";
}

}  // namespace

void CallCounters::Declare(const std::string& path, const std::string& type) {
  const std::size_t slash = path.rfind('/');
  DESCENT_CHECK(path.starts_with('/'));
  DESCENT_CHECK(slash > 0);
  const std::lock_guard lock(mutex_);
  MethodCalls& calls = by_path_[path];
  calls.service = path.substr(1, slash - 1);
  calls.method = path.substr(slash + 1);
  calls.type = type;
}

bool CallCounters::IsDeclared(std::string_view path) const {
  const std::lock_guard lock(mutex_);
  return by_path_.contains(path);
}

void CallCounters::CountStart(std::string_view path) {
  const std::lock_guard lock(mutex_);
  const auto found = by_path_.find(path);
  DESCENT_CHECK(found != by_path_.end());
  ++found->second.started;
}

void CallCounters::CountEnd(std::string_view path, grpc::StatusCode code, double seconds) {
  const std::lock_guard lock(mutex_);
  const auto found = by_path_.find(path);
  DESCENT_CHECK(found != by_path_.end());
  ++found->second.handled[NameOf(code)];
  found->second.seconds.Add(seconds);
}

std::vector<MethodCalls> CallCounters::Read() const {
  std::vector<MethodCalls> called;
  const std::lock_guard lock(mutex_);
  for (const auto& [path, calls] : by_path_)
    if (calls.started > 0) called.push_back(calls);
  return called;
}

}  // namespace descent
