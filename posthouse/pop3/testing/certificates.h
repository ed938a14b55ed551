#pragma once
// A certificate for the tests of this module (private).
#include "posthouse/net/tls/tls.h"

namespace posthouse::pop3 {

/// A server that shows a self-signed certificate for "localhost" and 127.0.0.1, and a client that trusts it.
struct TlsPair {
  net::TlsContext server;
  net::TlsContext client;
};

/// Made once a process, in a temporary directory that is removed.
const TlsPair& test_tls();

}  // namespace posthouse::pop3
