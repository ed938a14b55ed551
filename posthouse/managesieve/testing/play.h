#pragma once
// A client against a transcript, for the tests of this module.
#include <functional>
#include <string>
#include <type_traits>

#include "tests/support/client_play.h"

#include "posthouse/managesieve/client/client.h"

namespace posthouse::managesieve {

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
                 const ClientOptions& options = clear_text()) {
  test::play<Client>(transcript, code, options);
}

}  // namespace posthouse::managesieve
