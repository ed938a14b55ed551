#pragma once
// A client of a mail server whose messages are fetched.
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

#include "apps/posthouse/mail_server_option.h"

#include "posthouse/net/stream/trace.h"

namespace posthouse::app {

/// A client of either protocol, logged in. A message longer than `max_size` ends the session.
template <class Client, class ClientOptions>
Client logged_in(const MailServerOption& server, std::uint64_t max_size) {
  ClientOptions how;
  how.max_message = max_size;
  how.tls = server.tls_mode();
  how.tls_options = server.tls_options();
  how.insecure_auth = how.tls == net::Tls::none;  // who writes "none" means it
  if (server.debug) {
    how.trace = net::trace_to(stderr);
  }
  const std::string password = server.password();
  auto client = Client::connect(server.host(), server.port(), std::move(how));
  client.login(server.user, password);
  return client;
}

}  // namespace posthouse::app
