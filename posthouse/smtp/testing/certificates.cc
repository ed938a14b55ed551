#include "posthouse/smtp/testing/certificates.h"

#include "tests/support/temporary_folder.h"

#include "posthouse/net/tls/certificate.h"

namespace posthouse::smtp::testing {
namespace {

struct Certificate {
  test::TemporaryFolder folder;
  std::string cert = folder.file("cert.pem"), key = folder.file("key.pem");
  Certificate() { net::make_self_signed(cert, key, {"mx.one.test", "localhost", "127.0.0.1"}); }
};

const Certificate& certificate() {
  static const Certificate made;
  return made;
}

}  // namespace

const net::TlsContext& server_tls() {
  static const auto context = net::TlsContext::server({.cert_file = certificate().cert, .key_file = certificate().key});
  return context;
}

const net::TlsContext& client_tls() {
  static const auto context = net::TlsContext::client({.ca_file = certificate().cert});
  return context;
}

const std::string& certificate_file() {
  return certificate().cert;
}

std::string testdata(const std::string& name) {
  return std::string(SMTP_TESTDATA) + '/' + name;
}

}  // namespace posthouse::smtp::testing
