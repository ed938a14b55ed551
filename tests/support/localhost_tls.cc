#include "tests/support/localhost_tls.h"

#include <string>

#include "tests/support/temporary_folder.h"

#include "posthouse/net/tls/certificate.h"

namespace posthouse::test {

const TlsPair& localhost_tls() {
  static const TlsPair pair = [] {
    const TemporaryFolder folder;
    const std::string cert = folder.file("cert.pem"), key = folder.file("key.pem");
    net::make_self_signed(cert, key, {"localhost", "127.0.0.1"}, 2);
    return TlsPair{net::TlsContext::server({.cert_file = cert, .key_file = key}),
                   net::TlsContext::client({.ca_file = cert})};
  }();
  return pair;
}

}  // namespace posthouse::test
