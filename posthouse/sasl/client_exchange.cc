#include "posthouse/sasl/client_exchange.h"

#include <utility>

#include "posthouse/base/base64.h"
#include "posthouse/base/error.h"
#include "posthouse/base/text.h"

namespace posthouse::sasl {
namespace {

bool usable(std::string_view text) {
  return !text.empty() && text.find('\0') == std::string_view::npos;
}

}  // namespace

std::string_view choose_mechanism(std::string_view offered) noexcept {
  std::string_view chosen;
  offered = trim(offered);
  while (!offered.empty()) {
    const std::string_view word = take_word(offered);
    if (iequals(word, "PLAIN")) {
      return "PLAIN";
    }
    if (iequals(word, "LOGIN")) {
      chosen = "LOGIN";
    }
  }
  return chosen;
}

ClientExchange::ClientExchange(std::string_view mechanism, std::string user, std::string password, std::string authzid)
    : mechanism_(to_upper(mechanism)),
      user_(std::move(user)),
      password_(std::move(password)),
      authzid_(std::move(authzid)) {
  if (mechanism_ != "PLAIN" && mechanism_ != "LOGIN") {
    throw Error("there is no mechanism '" + printable(mechanism) + "' here, only PLAIN and LOGIN",
                {.code = "sasl.mechanism"});
  }
  if (!usable(user_)) {
    throw Error("a user name must not be empty nor hold a NUL", {.code = "sasl.credentials"});
  }
  if (!usable(password_)) {
    throw Error("a password must not be empty nor hold a NUL", {.code = "sasl.credentials"});
  }
  if (authzid_.find('\0') != std::string::npos) {
    throw Error("an authorization identity must not hold a NUL", {.code = "sasl.credentials"});
  }
}

std::optional<std::string> ClientExchange::initial_response() {
  return mechanism_ == "PLAIN" ? step({}) : std::nullopt;
}

std::optional<std::string> ClientExchange::step(std::string_view) {
  const int turn = sent_++;
  if (mechanism_ == "PLAIN") {
    if (turn > 0) {
      return std::nullopt;
    }
    std::string octets = authzid_;
    octets.append(1, '\0').append(user_).append(1, '\0').append(password_);
    return base64_encode(octets);
  }
  if (turn == 0) {
    return base64_encode(user_);
  }
  if (turn == 1) {
    return base64_encode(password_);
  }
  return std::nullopt;
}

}  // namespace posthouse::sasl
