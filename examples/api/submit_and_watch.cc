// Submits a job file and follows its job to the end, with nothing but the generated stubs:
//
//   submit_and_watch HOST:PORT JOB_FILE
#include <grpcpp/grpcpp.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "descent/v1/service.grpc.pb.h"

namespace v1 = descent::v1;

namespace {

int Fail(const grpc::Status& status) {
  std::cerr << "error: " << status.error_message() << '\n';
  return 1;
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count != 3) {
    std::cerr << "usage: submit_and_watch HOST:PORT JOB_FILE\n";
    return 2;
  }
  std::ifstream file(arguments[2]);
  if (!file) {
    std::cerr << "error: " << arguments[2] << " cannot be read\n";
    return 2;
  }
  const auto channel = grpc::CreateChannel(arguments[1], grpc::InsecureChannelCredentials());
  const auto jobs = v1::JobService::NewStub(channel);

  v1::CreateJobRequest create;
  create.set_job_file(std::string(std::istreambuf_iterator<char>(file), {}));
  v1::Job job;
  grpc::ClientContext creating;
  if (const grpc::Status status = jobs->CreateJob(&creating, create, &job); !status.ok())
    return Fail(status);
  std::cout << job.name() << '\n';

  v1::WatchJobsRequest watch;
  watch.set_name(job.name());
  grpc::ClientContext watching;
  const auto changes = jobs->WatchJobs(&watching, watch);
  while (changes->Read(&job))
    std::cout << v1::JobState_Name(job.state()) << " step " << job.progress().step() << '\n';
  if (const grpc::Status status = changes->Finish(); !status.ok()) return Fail(status);
  return job.state() == v1::JOB_STATE_SUCCEEDED ? 0 : 1;
}
