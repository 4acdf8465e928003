#pragma once

#include <grpcpp/support/status.h>

namespace descent {

// All pages of a list as one answer. `call(request, page)` asks for one of them.
template <typename Request, typename Response, typename Call>
grpc::Status ReadAllPages(Request request, Response& all, const Call& call) {
  do {
    Response page;
    const grpc::Status status = call(request, page);
    if (!status.ok()) return status;
    request.set_page_token(page.next_page_token());
    page.clear_next_page_token();
    all.MergeFrom(page);
  } while (!request.page_token().empty());
  return grpc::Status::OK;
}

}  // namespace descent
