#pragma once
// A client against a transcript, for the tests of this module.
#include <functional>
#include <string>
#include <type_traits>

#include "tests/support/client_play.h"

#include "posthouse/imap/client/client.h"

namespace posthouse::imap {

inline ClientOptions clear_text() {
  return test::clear_text<ClientOptions>();
}

template <class E = Error, class F>
E error_of(F f) {
  if constexpr (std::is_same_v<E, Error>) {
    return test::error_of(f, Error(Errc::usage, "nothing was thrown"));
  } else {
    return test::error_of(f, E(net::Errc::invalid, "nothing was thrown"));
  }
}

inline void play(const std::string& transcript, const std::function<void(Client&)>& code,
                 const ClientOptions& options = clear_text(), bool patient = false) {
  test::play<Client>(transcript, code, options, patient);
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
