#include "posthouse/pop3/testing/certificates.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include "posthouse/net/tls/certificate.h"

namespace posthouse::pop3 {

const TlsPair& test_tls() {
  static const TlsPair pair = [] {
    std::string name = (std::filesystem::temp_directory_path() / "pop3-test-XXXXXX").string();
    if (!mkdtemp(name.data())) {
      throw std::filesystem::filesystem_error("mkdtemp", name, {errno, std::generic_category()});
    }
    const std::string cert = name + "/cert.pem", key = name + "/key.pem";
    net::make_self_signed(cert, key, {"localhost", "127.0.0.1"}, 2);
    TlsPair made{net::TlsContext::server({.cert_file = cert, .key_file = key}),
                 net::TlsContext::client({.ca_file = cert})};
    std::filesystem::remove_all(name);
    return made;
  }();
  return pair;
}

}  // namespace posthouse::pop3
