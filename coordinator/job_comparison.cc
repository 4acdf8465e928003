#include "coordinator/job_comparison.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/check.h"
#include "coordinator/job_refusal.h"
#include "coordinator/job_view.h"
#include "coordinator/resource_name.h"
#include "proto/wire.h"

namespace descent {
namespace {

constexpr int kComparedMin = 2;
constexpr int kComparedMax = 20;

RequestError RefuseComparison(const Status& status, std::string reason) {
  return {status, std::move(reason), {}, {}};
}

using Fields = std::map<std::string, std::string>;

void AddFields(const nlohmann::json& value, const std::string& path, Fields& fields) {
  if (value.is_object() && !value.empty()) {
    for (const auto& [key, member] : value.items())
      AddFields(member, path.empty() ? key : fmt::format("{}.{}", path, key), fields);
  } else if (value.is_array() && !value.empty() && value.front().is_object()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      AddFields(value[i], fmt::format("{}[{}]", path, i), fields);
  } else {
    fields[path] = value.dump();
  }
}

Fields FieldsOf(const v1::JobSpec& spec) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  DESCENT_CHECK(google::protobuf::util::MessageToJsonString(spec, &json, options).ok());
  Fields fields;
  AddFields(nlohmann::json::parse(json), "", fields);
  fields.erase("name");
  return fields;
}

}  // namespace

std::vector<DifferingField> CompareSpecs(const std::vector<v1::JobSpec>& specs) {
  std::map<std::string, std::vector<std::string>> by_field;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    for (auto& [field, value] : FieldsOf(specs[i])) {
      std::vector<std::string>& values = by_field[field];
      values.resize(specs.size());
      values[i] = value;
    }
  }
  std::vector<DifferingField> differing;
  for (auto& [field, values] : by_field)
    if (std::ranges::adjacent_find(values, std::ranges::not_equal_to()) != values.end())
      differing.push_back({field, values});
  return differing;
}

std::variant<v1::CompareJobsResponse, RequestError> CompareJobs(
    const v1::CompareJobsRequest& request, const JobSource& source) {
  if (request.jobs_size() < kComparedMin || request.jobs_size() > kComparedMax)
    return RefuseComparison(
        Status(Code::kInvalidArgument, fmt::format("{} jobs, must be {} to {}", request.jobs_size(),
                                                   kComparedMin, kComparedMax)),
        "JOBS_INVALID");
  v1::CompareJobsResponse response;
  std::vector<v1::JobSpec> specs;
  for (const std::string& name : request.jobs()) {
    const Result<std::string> job_id = ParseJobName(name);
    if (!job_id.ok()) return NameInvalid(job_id.status(), name);
    const Result<Job> job = source.find(job_id.value());
    if (!job.ok()) return RefuseJob(job.status(), job_id.value(), nullptr);
    specs.push_back(ToProto(job.value().spec));
    v1::ComparedJob& compared = *response.add_jobs();
    compared.set_name(JobName(job.value().id));
    compared.set_state(ToProto(job.value().state));
    const auto summaries =
        source.summarize(job_id.value(), {request.names().begin(), request.names().end()});
    if (!summaries.ok()) return ToRequestError(summaries.status());
    for (const MetricSummary& summary : summaries.value())
      *compared.add_metrics() = ToProto(summary);
  }
  for (const DifferingField& differing : CompareSpecs(specs)) {
    v1::DifferingField& encoded = *response.add_differences();
    encoded.set_field(differing.field);
    encoded.mutable_values()->Add(differing.values.begin(), differing.values.end());
  }
  return response;
}

}  // namespace descent
