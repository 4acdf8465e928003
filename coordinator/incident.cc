#include "coordinator/incident.h"

#include <fmt/format.h>

#include <cstdint>
#include <exception>
#include <random>
#include <string>

#include "common/log.h"

namespace descent {
namespace {

constexpr char kIncidentId[] = "incident_id";
constexpr char kReason[] = "INTERNAL";

std::string DrawIncidentId() {
  std::random_device device;
  std::uniform_int_distribution<std::uint64_t> draw;
  return fmt::format("{:016x}", draw(device));
}

}  // namespace

RequestError ReportIncident(const Status& what) {
  const std::string id = DrawIncidentId();
  LogError("internal error incident_id={} error=\"{}\"", id, what.message());
  return {
      Status(Code::kInternal, fmt::format("an internal error; the coordinator's log has more, with "
                                          "incident_id={}",
                                          id)),
      kReason,
      {},
      {{kIncidentId, id}}};
}

bool IsUnreported(const RequestError& error) {
  return error.status.code() == Code::kInternal && error.reason == kReason &&
         !error.metadata.contains(kIncidentId);
}

Status StatusOfThrown() {
  try {
    throw;
  } catch (const std::exception& error) {
    return Status(Code::kInternal, error.what());
  } catch (...) {
    return Status(Code::kInternal, "something that is no std::exception was thrown");
  }
}

}  // namespace descent
