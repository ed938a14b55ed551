#pragma once
// Private to posthouse/net: what a TlsContext stands for.
#include <string>

#include "posthouse/net/tls.h"
#include "posthouse/net/tls/tls_openssl.h"

namespace posthouse::net {

struct TlsContext::State {
  bool is_server = false;
  TlsClientOptions client{};  ///< What it was made from, for reload().
  TlsServerOptions server{};
  std::string alpn{};  ///< The protocols in RFC 7301's form: a length octet before each. Read by OpenSSL's call-back.
  openssl::SslContext context{};
};

}  // namespace posthouse::net
