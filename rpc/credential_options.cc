#include "rpc/credential_options.h"

namespace descent {

void AddCredentialOptions(CLI::App& app, CredentialFiles& files) {
  app.add_option("--tls-ca", files.ca, "PEM file of who vouches for the coordinator's certificate");
  app.add_option("--tls-cert", files.certificate,
                 "PEM file of the own certificate, where the coordinator asks for one");
  app.add_option("--tls-key", files.key, "PEM file of its key");
  app.add_option("--token-file", files.token, "File of the token that says who calls; -: stdin");
}

}  // namespace descent
