#pragma once
// A client against a transcript, for the tests of this module.
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include "tests/support/transcript.h"
#include <gtest/gtest.h>

#include "posthouse/net/error.h"
#include "posthouse/pop3/client/client.h"
#include "posthouse/pop3/testing/certificates.h"

namespace posthouse::pop3 {

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
inline void play(const std::string& transcript, const std::function<void(Client&)>& code,
                 ClientOptions options = clear_text()) {
  EXPECT_TRUE(test::replays(test::Transcript::parse(transcript), test::Side::client,
                            [&](net::Stream& stream) {
                              Client client(std::move(stream), "localhost", options);
                              code(client);
                            },
                            {.tls = &test_tls().server}));
}

}  // namespace posthouse::pop3
