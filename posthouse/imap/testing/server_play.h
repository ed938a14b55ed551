#pragma once
// What the tests of the server share. (Private.)
#include <string>
#include <thread>
#include <utility>

#include "posthouse/imap/server/server.h"
#include "posthouse/imap/testing/furnish.h"
#include "posthouse/net/stream/stream.h"

namespace posthouse::imap {

inline ServerOptions quick_options() {
  ServerOptions options;
  options.hostname = "mail.one.test";
  options.insecure_auth = true;
  options.auth_delay = {};
  return options;
}

/// Says `input`, ends, and returns all that is answered.
inline std::string talk(Backend& house, const ServerOptions& options, const std::string& input,
                        SessionSummary* summary = nullptr) {
  auto [client, server] = net::memory_pipe(1 << 20);
  SessionSummary result;
  std::thread session([&, stream = std::move(server)]() mutable {
    result = serve_session(stream, options, house);
    stream.close();
  });
  std::thread teller([&, &client = client] {
    try {
      client.write(input, std::chrono::seconds(60));
      client.shutdown_write();
    } catch (const net::Error&) {
      // The session has ended before it heard all.
    }
  });
  std::string answers = client.read_all(256 << 20, std::chrono::seconds(60));
  session.join();
  teller.join();
  if (summary) {
    *summary = result;
  }
  return answers;
}

inline const std::string log_in = "a LOGIN ann secret\r\n";
inline const std::string select_inbox = log_in + "b SELECT INBOX\r\n";

}  // namespace posthouse::imap
