#include "posthouse/sasl/server_exchange.h"

#include "posthouse/base/base64.h"
#include "posthouse/base/text.h"

namespace posthouse::sasl {
namespace {

bool usable(std::string_view text) {
  return !text.empty() && text.find('\0') == std::string_view::npos;
}

}  // namespace

ServerExchange::ServerExchange(State state, std::string_view mechanism) : state_(state) {
  credentials_.mechanism = mechanism;
}

std::optional<ServerExchange> ServerExchange::create(std::string_view mechanism) {
  if (iequals(mechanism, "PLAIN")) {
    return ServerExchange(State::plain, "PLAIN");
  }
  if (iequals(mechanism, "LOGIN")) {
    return ServerExchange(State::login_name, "LOGIN");
  }
  return std::nullopt;
}

Outcome ServerExchange::begin(std::optional<std::string_view> initial_response) {
  if (initial_response) {
    return *initial_response == "=" ? take("") : step(*initial_response);
  }
  challenge_ = state_ == State::login_name ? base64_encode("Username:") : "";
  return state_ == State::over ? Outcome::malformed : Outcome::challenge;
}

Outcome ServerExchange::step(std::string_view response) {
  if (response == "*" && state_ != State::over) {
    return finish(Outcome::cancelled);
  }
  if (response.size() > max_response) {
    return finish(Outcome::malformed);
  }
  const auto octets = base64_decode(response);
  return octets ? take(*octets) : finish(Outcome::malformed);
}

Outcome ServerExchange::take(const std::string& octets) {
  switch (state_) {
    case State::plain: {  // [authzid] NUL authcid NUL passwd
      const auto first = octets.find('\0');
      const auto second = first == std::string::npos ? first : octets.find('\0', first + 1);
      if (second == std::string::npos) {
        break;
      }
      credentials_.authzid = octets.substr(0, first);
      credentials_.authcid = octets.substr(first + 1, second - first - 1);
      credentials_.password = octets.substr(second + 1);
      return finish(usable(credentials_.authcid) && usable(credentials_.password) ? Outcome::done : Outcome::malformed);
    }
    case State::login_name:
      if (!usable(octets)) {
        break;
      }
      credentials_.authcid = octets;
      challenge_ = base64_encode("Password:");
      state_ = State::login_password;
      return Outcome::challenge;
    case State::login_password:
      if (!usable(octets)) {
        break;
      }
      credentials_.password = octets;
      return finish(Outcome::done);
    case State::over:
      break;
  }
  return finish(Outcome::malformed);
}

Outcome ServerExchange::finish(Outcome outcome) {
  state_ = State::over;
  challenge_.clear();
  return outcome;
}

}  // namespace posthouse::sasl
