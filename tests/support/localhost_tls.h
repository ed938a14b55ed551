#pragma once
// A certificate for tests.
#include "posthouse/net/tls/tls.h"

namespace posthouse::test {

/// A server that shows a self-signed certificate for "localhost" and 127.0.0.1, and a client that trusts it.
struct TlsPair {
  net::TlsContext server;
  net::TlsContext client;
};

/// Made once a process, in a temporary directory that is removed.
const TlsPair& localhost_tls();

}  // namespace posthouse::test
