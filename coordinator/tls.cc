#include "coordinator/tls.h"

#include <boost/asio/ssl/context.hpp>

#include "common/file.h"

namespace descent {
namespace {

constexpr std::size_t kPemBytesMax = std::size_t{1} << 20;

Result<std::string> Read(const std::string& flag, const std::filesystem::path& path) {
  Result<std::string> text = ReadFile(path, kPemBytesMax);
  if (!text.ok()) return Status(text.status().code(), flag + ": " + text.status().message());
  return text;
}

Status RefuseFile(const std::string& flag, const std::filesystem::path& path,
                  const boost::system::error_code& error) {
  return Status(Code::kInvalidArgument, flag + ": " + path.string() + ": " + error.message());
}

}  // namespace

Result<Tls> ReadTls(const TlsFiles& files) {
  Tls tls;
  DESCENT_ASSIGN(tls.certificates, Read("--tls-cert", files.certificates));
  DESCENT_ASSIGN(tls.key, Read("--tls-key", files.key));
  // A context of its own tells what gRPC would only log.
  boost::asio::ssl::context context(boost::asio::ssl::context::tls_server);
  boost::system::error_code error;
  context.use_certificate_chain(boost::asio::buffer(tls.certificates), error);
  if (error) return RefuseFile("--tls-cert", files.certificates, error);
  context.use_private_key(boost::asio::buffer(tls.key), boost::asio::ssl::context::pem, error);
  if (error) return RefuseFile("--tls-key", files.key, error);
  if (files.worker_ca.empty()) return tls;
  DESCENT_ASSIGN(tls.worker_ca, ReadAuthority("--tls-client-ca", files.worker_ca));
  return tls;
}

Result<std::string> ReadAuthority(const std::string& flag, const std::filesystem::path& path) {
  DESCENT_ASSIGN(std::string text, Read(flag, path));
  boost::asio::ssl::context context(boost::asio::ssl::context::tls_server);
  boost::system::error_code error;
  context.add_certificate_authority(boost::asio::buffer(text), error);
  if (error) return RefuseFile(flag, path, error);
  return text;
}

}  // namespace descent
