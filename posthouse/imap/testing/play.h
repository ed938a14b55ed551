#pragma once
// A client against a transcript, for the tests of this module.
#include <functional>
#include <string>
#include <type_traits>

#include "tests/support/transcript.h"
#include <gtest/gtest.h>

#include "posthouse/imap/client/client.h"
#include "posthouse/net/error.h"
#include "posthouse/pop3/testing/certificates.h"

namespace posthouse::imap {

/// For a server that has no TLS.
inline ClientOptions clear_text() {
  ClientOptions options;
  options.tls = Tls::none;
  options.insecure_auth = true;
  return options;
}

/// The error of kind E that `f` throws.
template <class E = Error, class F>
E error_of(F f) {
  try {
    f();
  } catch (const E& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  if constexpr (std::is_same_v<E, Error>) {
    return E(Errc::usage, "nothing was thrown");
  } else {
    return E(net::Errc::invalid, "nothing was thrown");
  }
}

/// Runs `code` with a client against a server that speaks `transcript`.
/// `patient`: the client ends its waiting by itself.
inline void play(const std::string& transcript, const std::function<void(Client&)>& code,
                 const ClientOptions& options = clear_text(), bool patient = false) {
  EXPECT_TRUE(test::replays(test::Transcript::parse(transcript), test::Side::client,
                            [&](net::Stream& stream) {
                              Client client(std::move(stream), "localhost", options);
                              code(client);
                            },
                            {.tls = &pop3::test_tls().server, .patient = patient}));
}

/// The same for a client that was logged in at once (PREAUTH), to a server with these capabilities, and has the mailbox
/// INBOX open, with 3 messages. Its next command is A2.
inline void play_selected(const std::string& capabilities, const std::string& transcript,
                          const std::function<void(Client&)>& code, ClientOptions options = clear_text(),
                          bool patient = false) {
  options.enable.clear();
  const bool condstore = capabilities.find("CONDSTORE") != std::string::npos;
  play(
      "S: * PREAUTH [CAPABILITY IMAP4rev1" + (capabilities.empty() ? "" : " " + capabilities) +
          "] hello\nC: A1 SELECT INBOX" + (condstore ? " (CONDSTORE)" : "") +
          "\nS: * 3 EXISTS\nS: * OK [UIDVALIDITY 7] .\nS: * OK [UIDNEXT 20] .\nS: A1 OK [READ-WRITE] open\n" +
          transcript,
      [&](Client& client) {
        client.select("INBOX");
        code(client);
      },
      options, patient);
}

}  // namespace posthouse::imap
