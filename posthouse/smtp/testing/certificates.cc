#include "posthouse/smtp/testing/certificates.h"

#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include "posthouse/net/tls/certificate.h"

namespace posthouse::smtp::testing {
namespace {

struct Certificate {
  std::filesystem::path folder;
  std::string cert, key;
  Certificate() {
    std::string pattern = (std::filesystem::temp_directory_path() / "posthouse-smtp-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      ADD_FAILURE() << "no temporary folder";
    }
    folder = pattern;
    cert = (folder / "cert.pem").string();
    key = (folder / "key.pem").string();
    net::make_self_signed(cert, key, {"mx.one.test", "localhost", "127.0.0.1"});
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;
  ~Certificate() { std::filesystem::remove_all(folder); }
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
