#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <grpcpp/generic/generic_stub.h>

#include <future>

#include "coordinator/guarded_service.h"
#include "descent/v1/access.pb.h"
#include "tests/unit/coordinator_shell/grpc_fixture.h"

namespace descent {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;

constexpr Role kAllRoles[] = {Role::kViewer, Role::kUser, Role::kAdmin, Role::kWorker};

// Every method of every service that is generated, whoever serves it.
std::vector<const MethodDescriptor*> AllMethods() {
  std::vector<const MethodDescriptor*> methods;
  for (const char* file_name : {DESCENT_SERVICE_PROTOS}) {
    const FileDescriptor* file = DescriptorPool::generated_pool()->FindFileByName(file_name);
    for (int i = 0; i < file->service_count(); ++i)
      for (int j = 0; j < file->service(i)->method_count(); ++j)
        methods.push_back(file->service(i)->method(j));
  }
  return methods;
}

bool IsRefused(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAUTHENTICATED ||
         status.error_code() == grpc::StatusCode::PERMISSION_DENIED;
}

// A coordinator that asks for tokens.
class AccessTest : public GrpcServersTest {
 protected:
  AccessTest() : GrpcServersTest(Admission::kTokens) {}

  std::string MakeToken(const std::string& name, Role role, double valid_seconds = 0,
                        double now = SecondsOfCalendar()) {
    return tokens_->Create(name, role, valid_seconds, now).value().secret;
  }

  // Calls a method with a request of these bytes, which those with a response stream understand as
  // well.
  grpc::Status CallMethod(const MethodDescriptor& method, const std::string& token,
                          const std::string& bytes = "") {
    const bool is_for_workers = RequiredRole(method) == Role::kWorker;
    return CallPath("/" + method.service()->full_name() + "/" + method.name(), token,
                    is_for_workers ? servers_->worker_address() : servers_->user_address(), bytes);
  }

  grpc::Status CallPath(const std::string& path, const std::string& token,
                        const ListenAddress& address, const std::string& bytes = "") {
    grpc::GenericStub stub(
        grpc::CreateChannel(address.ToString(), grpc::InsecureChannelCredentials()));
    Call call;
    grpc::ClientContext* const context = call();
    if (!token.empty()) context->AddMetadata("authorization", "Bearer " + token);
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    std::promise<grpc::Status> promise;
    stub.UnaryCall(context, path, {}, &request, &response,
                   [&](const grpc::Status& status) { promise.set_value(status); });
    return promise.get_future().get();
  }

  // A client that closes its side at once, as no client of gRPC's own would.
  grpc::Status CallWithoutRequest(const MethodDescriptor& method, const std::string& token) {
    grpc::GenericStub stub(grpc::CreateChannel(servers_->user_address().ToString(),
                                               grpc::InsecureChannelCredentials()));
    Call call;
    grpc::CompletionQueue queue;
    const auto stream = stub.PrepareCall(
        As(token, call), "/" + method.service()->full_name() + "/" + method.name(), &queue);
    void* tag = nullptr;
    bool ok = false;
    grpc::Status status;
    stream->StartCall(nullptr);
    queue.Next(&tag, &ok);
    stream->WritesDone(nullptr);
    queue.Next(&tag, &ok);
    stream->Finish(&status, nullptr);
    queue.Next(&tag, &ok);
    return status;
  }

  const MethodDescriptor& Method(const std::string& full_name) {
    return *DescriptorPool::generated_pool()->FindMethodByName("descent.v1." + full_name);
  }

  // A call as the holder of `token`.
  grpc::ClientContext* As(const std::string& token, Call& call) {
    grpc::ClientContext* const context = call();
    context->AddMetadata("authorization", "Bearer " + token);
    return context;
  }
  grpc::Status CancelAs(const std::string& token, const std::string& job_name) {
    Call call;
    v1::CancelJobRequest request;
    request.set_name(job_name);
    v1::Job job;
    return jobs_->CancelJob(As(token, call), request, &job);
  }
  grpc::Status CancelAllAs(const std::string& token, const std::vector<std::string>& names,
                           const std::string& filter) {
    Call call;
    v1::CancelJobsRequest request;
    request.mutable_names()->Assign(names.begin(), names.end());
    request.set_filter(filter);
    return jobs_->CancelJobs(As(token, call), request, &cancelled_);
  }
  v1::Job CreateAs(const std::string& token, const std::string& job_id) {
    Call call;
    v1::CreateJobRequest request;
    *request.mutable_spec() = ToProto(MakeSpec());
    request.set_job_id(job_id);
    v1::Job job;
    const grpc::Status status = jobs_->CreateJob(As(token, call), request, &job);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return job;
  }

  v1::CancelJobsResponse cancelled_;
};

TEST_F(AccessTest, EveryMethodHasARule) {
  ASSERT_GT(AllMethods().size(), 20u);
  for (const MethodDescriptor* method : AllMethods())
    EXPECT_TRUE(RequiredRole(*method))
        << method->full_name() << " needs option (required_role) in its proto file";
}

TEST_F(AccessTest, EveryMethodIsRefusedWithoutAToken) {
  for (const MethodDescriptor* method : AllMethods()) {
    const grpc::Status status = CallMethod(*method, "");

    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << method->full_name();
    EXPECT_EQ(ReasonOf(status), "TOKEN_MISSING") << method->full_name();
  }
}

TEST_F(AccessTest, MethodsThatNobodyHasAreUnimplementedHoweverOftenTheyAreCalled) {
  for (int i = 0; i < 50; ++i)
    for (const ListenAddress& address : {servers_->user_address(), servers_->worker_address()})
      EXPECT_EQ(CallPath("/descent.v1.NoService/NoMethod", "", address).error_code(),
                grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(AccessTest, ACallThatEndsWithoutARequestIsAnErrorOfItsOwn) {
  const std::string token = MakeToken("somebody", Role::kAdmin);
  for (const MethodDescriptor* method : AllMethods()) {
    if (method->client_streaming() || RequiredRole(*method) == Role::kWorker) continue;
    const grpc::Status status = CallWithoutRequest(*method, token);

    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << method->full_name();
    EXPECT_EQ(ReasonOf(status), "REQUEST_INVALID") << method->full_name();
  }
}

TEST_F(AccessTest, ARequestThatCannotBeReadIsRefusedAsThat) {
  const std::string token = MakeToken("somebody", Role::kAdmin);
  for (const MethodDescriptor* method : AllMethods()) {
    if (method->client_streaming() || RequiredRole(*method) == Role::kWorker) continue;
    const grpc::Status status = CallMethod(*method, token, "\xff\xff\xff");

    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << method->full_name();
    EXPECT_EQ(ReasonOf(status), "REQUEST_INVALID") << method->full_name();
  }
}

TEST_F(AccessTest, ATextThatIsNotUtf8IsRefusedAsThat) {
  const std::string token = MakeToken("somebody", Role::kAdmin);

  const grpc::Status status = CallMethod(Method("JobService.GetJob"), token, "\x0a\x01\xff");

  EXPECT_EQ(ReasonOf(status), "REQUEST_INVALID") << status.error_message();
}

TEST_F(AccessTest, ReflectionAnswersNobodyWhereTokensAreAskedFor) {
  const std::string path = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
  for (const ListenAddress& address : {servers_->user_address(), servers_->worker_address()})
    EXPECT_EQ(CallPath(path, MakeToken("root", Role::kAdmin), address).error_code(),
              grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(AccessTest, EveryMethodIsServedToTheRolesOfItsRuleAlone) {
  for (const Role role : kAllRoles) {
    const std::string token = MakeToken("somebody", role);
    for (const MethodDescriptor* method : AllMethods()) {
      // A stream is asked for what there is none of, so that it ends: the name or the job "x".
      const bool is_stream = method->server_streaming() && !method->client_streaming();
      const grpc::Status status = CallMethod(*method, token, is_stream ? "\x0a\x01x" : "");

      SCOPED_TRACE(method->full_name() + " as " + std::string(RoleName(role)));
      EXPECT_EQ(IsRefused(status), !Permits(role, *RequiredRole(*method)))
          << status.error_message();
      EXPECT_EQ(ReasonOf(status) == "ROLE_REQUIRED", IsRefused(status));
      EXPECT_NE(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
    }
  }
}

TEST_F(AccessTest, ATokenThatIsNotKnownIsRefused) {
  const grpc::Status status = CallMethod(Method("JobService.ListJobs"), "dsc_madeup");

  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(ReasonOf(status), "TOKEN_UNKNOWN");
}

TEST_F(AccessTest, ATokenThatHasExpiredIsRefused) {
  const std::string token = MakeToken("alice", Role::kAdmin, 60, SecondsOfCalendar() - 61);

  const grpc::Status status = CallMethod(Method("JobService.ListJobs"), token);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(ReasonOf(status), "TOKEN_EXPIRED");
}

TEST_F(AccessTest, WhoHasNoTokenThatIsGoodIsToldHowToGetOne) {
  const std::string expired = MakeToken("alice", Role::kAdmin, 60, SecondsOfCalendar() - 61);
  for (const std::string& token : {std::string(), std::string("dsc_madeup"), expired}) {
    const grpc::Status status = CallMethod(Method("JobService.ListJobs"), token);

    const auto help = DetailOf<google::rpc::Help>(status);
    ASSERT_EQ(help.links_size(), 2) << ReasonOf(status);
    EXPECT_THAT(help.links(0).description(), testing::HasSubstr("descent token create"));
    EXPECT_THAT(help.links(1).description(), testing::HasSubstr("--token-file"));
    EXPECT_FALSE(help.links(0).url().empty());
  }
}

TEST_F(AccessTest, ARoleIsAskedForBeforeTheJobIsLookedFor) {
  const grpc::Status status = CancelAs(MakeToken("vic", Role::kViewer), "jobs/nobody");

  EXPECT_EQ(ReasonOf(status), "ROLE_REQUIRED");
}

TEST_F(AccessTest, AJobBelongsToWhoeverSubmitsIt) {
  const v1::Job job = CreateAs(MakeToken("alice", Role::kUser), "mine");

  EXPECT_EQ(job.owner(), "alice");
}

TEST_F(AccessTest, AUserCannotChangeTheJobOfAnother) {
  CreateAs(MakeToken("alice", Role::kUser), "hers");

  const grpc::Status status = CancelAs(MakeToken("bob", Role::kUser), "jobs/hers");

  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(status), "ROLE_REQUIRED");
}

TEST_F(AccessTest, AUserWhoCancelsAJobOfAnotherAmongOthersCancelsNone) {
  CreateAs(MakeToken("alice", Role::kUser), "hers");
  const std::string bob = MakeToken("bob", Role::kUser);
  CreateAs(bob, "his");

  EXPECT_EQ(ReasonOf(CancelAllAs(bob, {"jobs/his", "jobs/hers"}, "")), "ROLE_REQUIRED");
  EXPECT_EQ(ReasonOf(CancelAllAs(bob, {}, "state = QUEUED")), "ROLE_REQUIRED");

  EXPECT_EQ(cancelled_.jobs_size(), 0);
  EXPECT_TRUE(CancelAllAs(bob, {}, "owner = bob").ok());
  ASSERT_EQ(cancelled_.jobs_size(), 1);
  EXPECT_EQ(cancelled_.jobs(0).name(), "jobs/his");
}

TEST_F(AccessTest, TheHistoryOfAJobSaysWhoseTokenItWas) {
  CreateAs(MakeToken("alice", Role::kUser), "hers");
  const std::string root = MakeToken("root", Role::kAdmin);
  ASSERT_TRUE(CancelAs(root, "jobs/hers").ok());
  v1::ListJobEventsRequest request;
  request.set_name("jobs/hers");
  v1::ListJobEventsResponse events;
  Call call;

  ASSERT_TRUE(jobs_->ListJobEvents(As(root, call), request, &events).ok());

  ASSERT_EQ(events.events_size(), 2);
  EXPECT_EQ(events.events(0).actor(), "alice");
  EXPECT_EQ(events.events(1).actor(), "root");
}

TEST_F(AccessTest, WhoMadeAndRevokedATokenAndDeletedAJobIsOnRecord) {
  const std::string root = MakeToken("root", Role::kAdmin);
  const auto auth = v1::AuthService::NewStub(
      grpc::CreateChannel(servers_->user_address().ToString(), grpc::InsecureChannelCredentials()));
  v1::CreateTokenRequest create;
  create.set_name("alice");
  create.set_role(v1::ROLE_USER);
  v1::CreateTokenResponse made;
  Call creating, revoking, deleting, listing;
  ASSERT_TRUE(auth->CreateToken(As(root, creating), create, &made).ok());
  CreateAs(made.secret(), "hers");
  ASSERT_TRUE(CancelAs(made.secret(), "jobs/hers").ok());
  v1::DeleteJobRequest remove;
  remove.set_name("jobs/hers");
  v1::DeleteJobResponse removed;
  ASSERT_TRUE(jobs_->DeleteJob(As(made.secret(), deleting), remove, &removed).ok());
  v1::RevokeTokenRequest revoke;
  revoke.set_id(made.token().id());
  v1::RevokeTokenResponse revoked;
  ASSERT_TRUE(auth->RevokeToken(As(root, revoking), revoke, &revoked).ok());
  v1::ListAuditEventsRequest request;
  request.set_page_size(3);
  v1::ListAuditEventsResponse audit;

  ASSERT_TRUE(cluster_->ListAuditEvents(As(root, listing), request, &audit).ok());

  ASSERT_EQ(audit.events_size(), 3);
  const std::string token = "tokens/" + made.token().id();
  const std::string wanted[] = {"root TokenRevoked " + token, "alice JobDeleted jobs/hers",
                                "root TokenCreated " + token};
  for (int i = 0; i < 3; ++i) {
    const v1::AuditEvent& event = audit.events(i);
    EXPECT_EQ(event.actor() + " " + event.type() + " " + event.subject(), wanted[i]);
  }
  // The coordinator's own: the token of root.
  request.set_page_token(audit.next_page_token());
  Call next;
  ASSERT_TRUE(cluster_->ListAuditEvents(As(root, next), request, &audit).ok());
  ASSERT_EQ(audit.events_size(), 1);
  EXPECT_EQ(audit.events(0).actor(), "coordinator");
  EXPECT_EQ(audit.next_page_token(), "");
}

TEST_F(AccessTest, AUserCannotChangeTheCheckpointsOfAnother) {
  CreateAs(MakeToken("alice", Role::kUser), "hers");
  const std::string bob = MakeToken("bob", Role::kUser);
  v1::UpdateCheckpointRequest pin;
  pin.set_name("jobs/hers/checkpoints/latest");
  pin.set_pinned(true);
  v1::DeleteCheckpointRequest remove;
  remove.set_name("jobs/hers/checkpoints/10");
  v1::Checkpoint checkpoint;
  v1::DeleteCheckpointResponse response;
  Call pinning, removing;

  EXPECT_EQ(ReasonOf(checkpoints_->UpdateCheckpoint(As(bob, pinning), pin, &checkpoint)),
            "ROLE_REQUIRED");
  EXPECT_EQ(ReasonOf(checkpoints_->DeleteCheckpoint(As(bob, removing), remove, &response)),
            "ROLE_REQUIRED");
}

TEST_F(AccessTest, AUserChangesTheOwnJobWithAnyTokenOfTheName) {
  CreateAs(MakeToken("alice", Role::kUser), "mine");

  EXPECT_TRUE(CancelAs(MakeToken("alice", Role::kUser), "jobs/mine").ok());
}

TEST_F(AccessTest, AnAdminChangesEveryJob) {
  CreateAs(MakeToken("alice", Role::kUser), "hers");

  EXPECT_TRUE(CancelAs(MakeToken("root", Role::kAdmin), "jobs/hers").ok());
}

TEST_F(AccessTest, WhoAmITellsNameAndRole) {
  const std::string token = MakeToken("alice", Role::kUser);
  const auto auth = v1::AuthService::NewStub(
      grpc::CreateChannel(servers_->user_address().ToString(), grpc::InsecureChannelCredentials()));
  Call call;
  v1::WhoAmIResponse response;

  ASSERT_TRUE(auth->WhoAmI(As(token, call), {}, &response).ok());

  EXPECT_EQ(response.name(), "alice");
  EXPECT_EQ(response.role(), v1::ROLE_USER);
}

TEST_F(AccessTest, ATokenMadeOverTheWireIsGoodUntilItIsRevoked) {
  const std::string admin = MakeToken("root", Role::kAdmin);
  const auto auth = v1::AuthService::NewStub(
      grpc::CreateChannel(servers_->user_address().ToString(), grpc::InsecureChannelCredentials()));
  v1::CreateTokenRequest create;
  create.set_name("alice");
  create.set_role(v1::ROLE_VIEWER);
  v1::CreateTokenResponse made;
  Call creating;
  ASSERT_TRUE(auth->CreateToken(As(admin, creating), create, &made).ok());
  EXPECT_TRUE(CallMethod(Method("JobService.ListJobs"), made.secret()).ok());

  v1::RevokeTokenRequest revoke;
  revoke.set_id(made.token().id());
  v1::RevokeTokenResponse revoked;
  Call revoking;
  ASSERT_TRUE(auth->RevokeToken(As(admin, revoking), revoke, &revoked).ok());

  EXPECT_EQ(ReasonOf(CallMethod(Method("JobService.ListJobs"), made.secret())), "TOKEN_UNKNOWN");
  Call again;
  EXPECT_EQ(ReasonOf(auth->RevokeToken(As(admin, again), revoke, &revoked)), "TOKEN_NOT_FOUND");
}

}  // namespace
}  // namespace descent
