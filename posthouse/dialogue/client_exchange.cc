#include "posthouse/dialogue/client_exchange.h"

#include <utility>

#include "posthouse/base/base64.h"
#include "posthouse/dialogue/log_in.h"

namespace posthouse::dialogue {

std::string ClientExchange::opening(std::string_view verb) {
  std::string line(verb);
  line.append(" ").append(mechanism_->name());
  if (!mechanism_->speaks_first()) {
    return line;
  }
  const auto octets = mechanism_->step({});
  if (!octets) {
    return line;
  }
  std::string initial = base64_encode(*octets);
  if (line.size() + 1 + initial.size() <= max_line_) {
    return line.append(" ").append(initial.empty() ? "=" : initial);
  }
  held_back_ = std::move(initial);  // as an answer, an empty one is an empty line
  return line;
}

std::string ClientExchange::answer(std::string_view challenge) {
  if (held_back_) {
    return *std::exchange(held_back_, std::nullopt);
  }
  // What is no base64 goes to the mechanism as it is: PLAIN and LOGIN do not look at it.
  const auto octets = base64_decode(challenge);
  const auto response = mechanism_->step(octets ? std::string_view(*octets) : challenge);
  return response ? base64_encode(*response) : "*";
}

std::vector<std::string> usable_mechanisms(std::string_view offered, const net::Stream& stream) {
  return sasl::usable_mechanisms(offered, channel_binding_of(stream));
}

std::unique_ptr<sasl::ClientMechanism> make_mechanism(std::string_view mechanism, std::string user,
                                                      std::string password, const net::Stream& stream) {
  return sasl::make_client_mechanism(
      mechanism,
      {.user = std::move(user), .password = std::move(password), .channel_binding = channel_binding_of(stream)});
}

std::unique_ptr<sasl::ClientMechanism> make_external(std::string authzid) {
  return sasl::make_client_mechanism("EXTERNAL", {.authzid = std::move(authzid)});
}

}  // namespace posthouse::dialogue
