#include "coordinator/call_counting.h"

#include <string>
#include <utility>

#include "common/clock.h"

namespace descent {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::Interceptor;
using grpc::experimental::InterceptorBatchMethods;
using grpc::experimental::ServerInterceptorFactoryInterface;
using grpc::experimental::ServerRpcInfo;

// One call.
class CountedCall final : public Interceptor {
 public:
  CountedCall(CallCounters& counters, std::string path)
      : counters_(counters), path_(std::move(path)) {
    counters_.CountStart(path_);
  }

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS))
      counters_.CountEnd(path_, methods->GetSendStatus().error_code(),
                         SecondsBetween(start_, MonotonicNow()));
    methods->Proceed();
  }

 private:
  CallCounters& counters_;
  const std::string path_;
  const MonotonicTime start_ = MonotonicNow();
};

class CallCounting final : public ServerInterceptorFactoryInterface {
 public:
  explicit CallCounting(CallCounters& counters) : counters_(counters) {}

  Interceptor* CreateServerInterceptor(ServerRpcInfo* info) override {
    if (!counters_.IsDeclared(info->method())) return nullptr;
    return new CountedCall(counters_, info->method());  // NOLINT: gRPC deletes it
  }

 private:
  CallCounters& counters_;
};

}  // namespace

std::unique_ptr<ServerInterceptorFactoryInterface> MakeCallCounting(CallCounters& counters) {
  return std::make_unique<CallCounting>(counters);
}

}  // namespace descent
