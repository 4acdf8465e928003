#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "coordinator/checkpoint_service.h"
#include "coordinator/http_range.h"
#include "coordinator/http_response.h"
#include "coordinator/http_routes.h"
#include "coordinator/resource_name.h"

namespace descent {
namespace {

constexpr int kDownloadsMax = 64;  // each holds a MiB of its file in memory
constexpr std::chrono::seconds kDownloadRetryDelay{5};

// The number of files that are being sent, over all servers of this process.
std::atomic<int> open_downloads = 0;

RequestError TooManyDownloads() {
  RequestError error{
      Status(Code::kResourceExhausted,
             fmt::format("{} files are being sent, which is the most; try later", kDownloadsMax)),
      "TOO_MANY_STREAMS",
      {},
      {{"limit", std::to_string(kDownloadsMax)}}};
  error.retry_delay = kDownloadRetryDelay;
  return error;
}

// Bytes of a file, read while they are sent.
class FilePart final : public HttpBody {
 public:
  FilePart(CheckpointFile file, std::int64_t first, std::int64_t length)
      : file_(std::move(file)), length_(length), offset_(first), end_(first + length) {
    ++open_downloads;
  }
  ~FilePart() override { --open_downloads; }
  FilePart(const FilePart&) = delete;
  FilePart& operator=(const FilePart&) = delete;

  std::optional<std::int64_t> size() const override { return length_; }

  Result<std::string> Next() override {
    if (offset_ == end_) return std::string();
    DESCENT_ASSIGN(std::string piece, file_.ReadChunk(offset_));
    piece.resize(std::min(piece.size(), static_cast<std::size_t>(end_ - offset_)));
    offset_ += std::ssize(piece);
    return piece;
  }

 private:
  const CheckpointFile file_;
  const std::int64_t length_;
  std::int64_t offset_;
  const std::int64_t end_;
};

// The files of a checkpoint never change; one that is written again for the same step has another
// time.
std::string FileTag(const CheckpointRecord& checkpoint, const std::string& file) {
  return Fingerprint(
      fmt::format("{} {} {}", checkpoint.state_digest.ToHex(), checkpoint.create_time, file));
}

// Without a body when the file has none of the bytes.
HttpResponse SendPart(CheckpointFile file, const RangeChoice& choice) {
  const std::int64_t size = file.size();
  if (choice.kind == RangeChoice::Kind::kNotThere) {
    HttpResponse response = ErrorResponse(
        416, "OUT_OF_RANGE", fmt::format("the file has {} bytes", size), "RANGE_NOT_SATISFIABLE");
    response.headers.emplace_back("Content-Range", ContentRange(choice, size));
    return response;
  }
  HttpResponse response{200, "application/octet-stream", ""};
  if (choice.kind == RangeChoice::Kind::kWhole) {
    response.pieces = std::make_unique<FilePart>(std::move(file), 0, size);
    return response;
  }
  response.status = 206;
  response.headers.emplace_back("Content-Range", ContentRange(choice, size));
  response.pieces = std::make_unique<FilePart>(std::move(file), choice.first, choice.length);
  return response;
}

// Only GET has ranges; and none counts if the client has the beginning of another file.
std::string_view RangeOf(const HttpRequest& request, const std::string& tag) {
  const bool is_wanted = request.if_range.empty() || request.if_range == '"' + tag + '"';
  return request.method == "GET" && is_wanted ? std::string_view(request.range)
                                              : std::string_view();
}

}  // namespace

std::variant<FoundCheckpoint, RequestError> HttpRoutes::FindCheckpointOf(const Call& call) const {
  return LookUpCheckpoint(JobName(call.job_id) + "/checkpoints/" + call.places.at("checkpoint"),
                          [this](const std::string& job_id) { return FindJob(job_id); });
}

HttpResponse HttpRoutes::OneCheckpoint(const Call& call) const {
  const auto found = FindCheckpointOf(call);
  if (const auto* error = std::get_if<RequestError>(&found)) return ErrorResponse(*error);
  const auto& [job, checkpoint] = std::get<FoundCheckpoint>(found);
  const Result<v1::Checkpoint> view = ViewCheckpoint(job, checkpoint);
  return view.ok() ? JsonResponse(view.value()) : ErrorResponse(view.status());
}

HttpResponse HttpRoutes::OneCheckpointFile(const Call& call) const {
  const auto found = FindCheckpointOf(call);
  if (const auto* error = std::get_if<RequestError>(&found)) return ErrorResponse(*error);
  const std::string& name = call.places.at("file");
  auto opened = OpenCheckpointFile(std::get<FoundCheckpoint>(found), name);
  if (const auto* error = std::get_if<RequestError>(&opened)) return ErrorResponse(*error);
  if (open_downloads >= kDownloadsMax) return ErrorResponse(TooManyDownloads());
  auto file = std::get<CheckpointFile>(std::move(opened));
  const std::string tag = FileTag(std::get<FoundCheckpoint>(found).checkpoint, name);
  const RangeChoice choice = ChooseRange(RangeOf(call.request, tag), file.size());
  HttpResponse response = SendPart(std::move(file), choice);
  response.headers.emplace_back("Accept-Ranges", "bytes");
  if (response.pieces == nullptr) return response;
  // Never shown as a page of this server, whatever the file holds.
  response.headers.emplace_back("Content-Disposition", "attachment");
  response.entity_tag = tag;
  return response;
}

}  // namespace descent
