#pragma once
// For the tests of TLS: certificates made once, and two streams with TLS between them.
#include <chrono>
#include <exception>
#include <string>
#include <utility>

#include "tests/support/authority.h"

#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/net/tls/tls.h"

namespace posthouse::net {

using namespace std::chrono_literals;

/// One authority for all tests of the program.
inline test::Authority& authority() {
  static test::Authority one;
  return one;
}

inline TlsContext server_context(const test::IssuedCertificate& files) {
  return TlsContext::server({.cert_file = files.cert_file, .key_file = files.key_file});
}

/// For localhost, *.wild.test, 127.0.0.1 and ::1.
inline const TlsContext& good_server() {
  static const TlsContext context = server_context(
      authority().issue({.names = {"localhost", "*.wild.test", "127.0.0.1", "::1"}, .common_name = "mail.test"}));
  return context;
}

inline const TlsContext& good_client() {
  static const TlsContext context = TlsContext::client({.ca_file = authority().ca_file()});
  return context;
}

/// Remembers no session yet, so its first handshake is a full one.
inline TlsContext new_client() {
  return TlsContext::client({.ca_file = authority().ca_file()});
}

/// What a call threw: its kind and text. Kind -1 when it threw nothing.
struct Outcome {
  int kind = -1;
  std::string text{};
  bool good() const { return kind < 0; }
  bool is(Errc errc) const { return kind == static_cast<int>(errc); }
};

template <class F>
Outcome outcome_of(F&& call) {
  try {
    call();
    return {};
  } catch (const Error& error) {
    return {static_cast<int>(error.errc()), error.what()};
  }
}

struct Handshake {
  Outcome client;
  Outcome server;
};

/// Both handshakes at once, over streams that are connected already. Works in a fiber and in a thread.
inline Handshake shake_hands(Stream& client, Stream& server, const TlsContext& client_context,
                             const TlsContext& server_context, const std::string& name = "localhost") {
  Handshake result;
  Scope scope;
  scope.spawn([&] { result.server = outcome_of([&] { server.start_tls_server(server_context, 20s); }); });
  result.client = outcome_of([&] { client.start_tls_client(client_context, name, 20s); });
  scope.join();
  return result;
}

/// Two streams with TLS between them, over memory.
inline std::pair<Stream, Stream> tls_pair(const TlsContext& client_context, const TlsContext& server_context,
                                          const std::string& name = "localhost") {
  auto [client, server] = memory_pipe();
  const Handshake result = shake_hands(client, server, client_context, server_context, name);
  if (!result.client.good()) {
    throw Error(Errc::tls, result.client.text);
  }
  if (!result.server.good()) {
    throw Error(Errc::tls, result.server.text);
  }
  return {std::move(client), std::move(server)};
}

inline std::pair<Stream, Stream> tls_pair() {
  return tls_pair(good_client(), good_server());
}

}  // namespace posthouse::net
