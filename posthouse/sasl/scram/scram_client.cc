// The client's side of SCRAM. scram_server.cc has the messages.
#include <utility>

#include "posthouse/base/base64.h"
#include "posthouse/base/number.h"
#include "posthouse/base/text.h"
#include "posthouse/sasl/keys/prepared_password.h"
#include "posthouse/sasl/scram/scram.h"

namespace posthouse::sasl {
namespace {

/// More than that is no care but an attempt to keep us busy.
constexpr unsigned max_iterations = 1'000'000;

class ScramClient final : public ClientMechanism {
 public:
  ScramClient(ScramHash hash, Binding binding, Credentials credentials, std::string nonce)
      : hash_(hash),
        binding_(binding),
        credentials_(std::move(credentials)),
        nonce_(nonce.empty() ? random_nonce() : std::move(nonce)) {}

  std::string_view name() const noexcept override { return scram_name(hash_, binding_); }
  bool speaks_first() const noexcept override { return true; }
  bool complete() const noexcept override { return state_ == State::complete; }

  std::optional<std::string> step(std::string_view challenge) override {
    switch (std::exchange(state_, State::over)) {
      case State::first:
        return first();
      case State::final:
        return final(challenge);
      case State::signature:
        return check(challenge);
      case State::over:
      case State::complete:
        break;
    }
    return std::nullopt;
  }

 private:
  enum class State { first, final, signature, over, complete };

  std::optional<std::string> first() {
    // "y": we could bind, and were told that the server cannot. It refuses if that is not true (RFC 5802 section 6).
    header_ = can_bind(credentials_.channel_binding) ? "y," : "n,";
    if (binding_ == Binding::used) {
      header_.clear();
      for (const std::string_view type : binding_types) {
        auto data = credentials_.channel_binding ? credentials_.channel_binding(type) : std::nullopt;
        if (data) {
          header_ = "p=" + std::string(type) + ',';
          binding_data_ = std::move(*data);
          break;
        }
      }
      if (header_.empty()) {
        return std::nullopt;
      }
    }
    header_ += credentials_.authzid.empty() ? "," : "a=" + escaped(credentials_.authzid) + ',';
    first_bare_ = "n=" + escaped(credentials_.user) + ",r=" + nonce_;
    state_ = State::final;
    return header_ + first_bare_;
  }

  std::optional<std::string> final(std::string_view message) {
    const std::string server_first(message);
    const auto nonces = take_attribute(message, 'r');
    const auto encoded_salt = take_attribute(message, 's');
    const auto count = take_attribute(message, 'i');
    const auto salt = encoded_salt ? base64_decode(*encoded_salt) : std::nullopt;
    const auto iterations = count ? parse_number<unsigned>(*count) : std::nullopt;
    if (!nonces || !salt || !is_nonce(*nonces) || !nonces->starts_with(nonce_) || nonces->size() == nonce_.size() ||
        !iterations || *iterations == 0 || *iterations > max_iterations) {
      return std::nullopt;
    }
    // What cannot be prepared is said as it is: a server that takes it will have done the same.
    const std::string password = prepare_password(credentials_.password).value_or(credentials_.password);
    const std::string salted = salted_password(hash_, password, *salt, *iterations);
    const std::string key = client_key(hash_, salted);
    std::string answer = "c=" + base64_encode(header_ + binding_data_) + ",r=" + std::string(*nonces);
    const std::string auth_message = first_bare_ + ',' + server_first + ',' + answer;
    answer += ",p=" + base64_encode(exclusive_or(key, hmac(hash_, digest(hash_, key), auth_message)));
    signature_ = hmac(hash_, server_key(hash_, salted), auth_message);
    state_ = State::signature;
    return answer;
  }

  std::optional<std::string> check(std::string_view message) {
    const auto encoded = take_attribute(message, 'v');
    const auto signature = encoded ? base64_decode(*encoded) : std::nullopt;
    if (!signature || !equal_constant_time(*signature, signature_)) {
      return std::nullopt;
    }
    state_ = State::complete;
    return "";
  }

  ScramHash hash_;
  Binding binding_;
  Credentials credentials_;
  std::string nonce_;
  State state_ = State::first;
  std::string header_, binding_data_, first_bare_, signature_;
};

}  // namespace

std::unique_ptr<ClientMechanism> make_scram_client(ScramHash hash, Binding binding, Credentials credentials,
                                                   std::string nonce) {
  return std::make_unique<ScramClient>(hash, binding, std::move(credentials), std::move(nonce));
}

}  // namespace posthouse::sasl
