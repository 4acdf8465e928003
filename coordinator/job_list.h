#pragma once

#include <string>
#include <variant>

#include "coordinator/cluster_snapshot.h"
#include "coordinator/job_filter.h"
#include "coordinator/request_error.h"
#include "descent/v1/service.pb.h"

namespace descent {

// One page of the jobs that the request asks for, in its order. The page token is of that query
// alone, and says where the page's last job stood: jobs that come, go or change between two pages
// move no other.
// All errors are kInvalidArgument: PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID, FILTER_INVALID and
// ORDER_BY_INVALID, as service.proto describes them.
// Jobs newest first are read up to the end of the page, in any other order all of them.
std::variant<v1::ListJobsResponse, RequestError> ListJobsPage(const v1::ListJobsRequest& request,
                                                              const State& state);
std::variant<v1::ListJobsResponse, RequestError> ListJobsPage(const v1::ListJobsRequest& request,
                                                              const ClusterSnapshot& snapshot);

// The filter of such a request; the error is its FILTER_INVALID.
std::variant<JobFilter, RequestError> ParseJobFilter(const std::string& text);

}  // namespace descent
