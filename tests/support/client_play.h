#pragma once
// A client library against a transcript, and what it throws.
#include <functional>
#include <string>
#include <utility>

#include "tests/support/localhost_tls.h"
#include "tests/support/transcript.h"
#include <gtest/gtest.h>

#include "posthouse/net/error.h"

namespace posthouse::test {

/// Options for a server that has no TLS.
template <class ClientOptions>
ClientOptions clear_text() {
  ClientOptions options;
  options.tls = net::Tls::none;
  options.insecure_auth = true;
  return options;
}

/// The error of kind E that `f` throws. When it throws none the test fails, and the result is `none`.
template <class E, class F>
E error_of(F f, E none) {
  try {
    f();
  } catch (const E& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return none;
}

/// Runs `code` with a Client against a server that speaks `transcript`. `patient`: the client ends its waiting by itself.
template <class Client, class ClientOptions>
void play(const std::string& transcript, const std::function<void(Client&)>& code, const ClientOptions& options,
          bool patient = false) {
  EXPECT_TRUE(replays(Transcript::parse(transcript), Side::client,
                      [&](net::Stream& stream) {
                        Client client(std::move(stream), "localhost", options);
                        code(client);
                      },
                      {.tls = &localhost_tls().server, .patient = patient}));
}

}  // namespace posthouse::test
