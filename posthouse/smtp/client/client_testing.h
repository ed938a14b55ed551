#pragma once
// What the tests of the client share.
#include <functional>
#include <stdexcept>
#include <utility>

#include "posthouse/smtp/client/client.h"

namespace posthouse::smtp::testing {

inline ClientOptions clear_text() {
  ClientOptions options;
  options.tls = Tls::none;
  options.insecure_auth = true;
  options.local_name = "me.test";
  return options;
}

inline Client open(net::Stream& stream, ClientOptions options = clear_text()) {
  return Client(std::move(stream), "mx.one.test", std::move(options));
}

template <class E>
E thrown(const std::function<void()>& f) {
  try {
    f();
  } catch (const E& error) {
    return error;
  }
  throw std::runtime_error("nothing was thrown");
}

inline Error refusal(const std::function<void()>& f) {
  return thrown<Error>(f);
}

}  // namespace posthouse::smtp::testing
