#include "coordinator/auth_service.h"

#include <cmath>

#include "common/log.h"
#include "coordinator/answer_on.h"
#include "coordinator/authenticator.h"
#include "coordinator/call_context.h"
#include "coordinator/list_page.h"
#include "coordinator/refusal.h"
#include "coordinator/request_error.h"
#include "coordinator/role_wire.h"

namespace descent {
namespace {

v1::Token Encode(const Token& token) {
  v1::Token encoded;
  encoded.set_id(token.id);
  encoded.set_name(token.name);
  encoded.set_role(ToProto(token.role));
  encoded.set_create_time(token.create_time);
  encoded.set_expire_time(token.expire_time);
  return encoded;
}

RequestError StoreBusy(const Status& status) {
  const Refusal refusal = NotWritable(status, "try again");
  return {refusal.status, refusal.reason, {}, {}};
}

grpc::Status RefuseToken(const Status& status) {
  RequestError error = ToRequestError(status);
  if (status.code() == Code::kInvalidArgument) error.reason = "TOKEN_INVALID";
  if (status.code() == Code::kNotFound) error.reason = "TOKEN_NOT_FOUND";
  if (status.code() == Code::kUnavailable) return ToGrpcStatus(StoreBusy(status));
  return ToGrpcStatus(error);
}

}  // namespace

grpc::ServerUnaryReactor* AuthService::CreateToken(grpc::CallbackServerContext* context,
                                                   const v1::CreateTokenRequest* request,
                                                   v1::CreateTokenResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  AnswerOn(blocking_threads_, reactor,
           [this, request, &caller = CallerOf(*context), response, reactor] {
             reactor->Finish(Create(*request, caller, response));
           });
  return reactor;
}

grpc::Status AuthService::Create(const v1::CreateTokenRequest& request, const Caller& caller,
                                 v1::CreateTokenResponse* response) {
  const std::optional<Role> role = RoleFromProto(request.role());
  if (!role)
    return RefuseToken(
        Status(Code::kInvalidArgument, "role is not set, must be viewer, user, admin or worker"));
  const Result<NewToken> made = tokens_.Create(request.name(), *role, request.valid_seconds(),
                                               SecondsOfCalendar(), OriginOf(caller).actor);
  if (!made.ok()) return RefuseToken(made.status());
  const Token& token = made.value().token;
  LogInfo("token created id={} name={} role={}", token.id, token.name, RoleName(token.role));
  *response->mutable_token() = Encode(token);
  response->set_secret(made.value().secret);
  return grpc::Status::OK;
}

grpc::ServerUnaryReactor* AuthService::ListTokens(grpc::CallbackServerContext* context,
                                                  const v1::ListTokensRequest* request,
                                                  v1::ListTokensResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const auto key_of = [](const Token& token) {
    return PageKey(std::llround(token.create_time * 1e6)) + token.id;
  };
  const auto error = FillPage("tokens", *request, tokens_.List(), key_of, Encode, *response,
                              [](v1::ListTokensResponse& page) { return page.mutable_tokens(); });
  reactor->Finish(error ? ToGrpcStatus(*error) : grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* AuthService::RevokeToken(grpc::CallbackServerContext* context,
                                                   const v1::RevokeTokenRequest* request,
                                                   v1::RevokeTokenResponse*) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  AnswerOn(blocking_threads_, reactor, [this, request, &caller = CallerOf(*context), reactor] {
    reactor->Finish(Revoke(request->id(), caller));
  });
  return reactor;
}

grpc::Status AuthService::Revoke(const std::string& id, const Caller& caller) {
  const Status revoked = tokens_.Revoke(id, SecondsOfCalendar(), OriginOf(caller).actor);
  if (!revoked.ok()) return RefuseToken(revoked);
  LogInfo("token revoked id={}", id);
  return grpc::Status::OK;
}

grpc::ServerUnaryReactor* AuthService::WhoAmI(grpc::CallbackServerContext* context,
                                              const v1::WhoAmIRequest*,
                                              v1::WhoAmIResponse* response) {
  const Caller& caller = CallerOf(*context);
  response->set_name(caller.name);
  response->set_role(ToProto(caller.role));
  response->set_expire_time(caller.expire_time);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace descent
