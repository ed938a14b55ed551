// The server's side of SCRAM.
//
//   client-first   gs2-header "n=" name ",r=" nonce            gs2-header = ("n" / "y" / "p=" type) "," ["a=" name] ","
//   server-first   "r=" nonces ",s=" salt ",i=" iterations
//   client-final   "c=" base64(gs2-header data) ",r=" nonces ",p=" proof
//   server-final   "v=" signature                              answered by an empty response
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/base64.h"
#include "posthouse/base/text.h"
#include "posthouse/sasl/allowed.h"
#include "posthouse/sasl/scram/scram.h"

namespace posthouse::sasl {
namespace {

/// Keys for a name that has none, the same at each attempt, so that nobody is told which names exist. No proof fits.
ScramKeys keys_of_nobody(ScramHash hash, std::string_view name) {
  static const std::string secret = random_nonce();
  return {.salt = hmac(ScramHash::sha256, secret, name).substr(0, 16),
          .stored_key = hmac(hash, secret, "stored"),
          .server_key = hmac(hash, secret, "server")};
}

class ScramServer final : public ServerMechanism {
 public:
  ScramServer(ScramHash hash, Binding binding, Verifier& verifier, const Context& context, std::string nonce)
      : hash_(hash), binding_(binding), verifier_(verifier), context_(context), nonce_(std::move(nonce)) {}

  Progress step(std::optional<std::string_view> response) override {
    switch (state_) {
      case State::first:
        return response ? first(*response) : Progress::challenge;
      case State::final:
        return final(response.value_or(""));
      case State::acknowledged:
        state_ = State::over;
        return response && response->empty() ? Progress::done : Progress::malformed;
      case State::over:
        break;
    }
    return Progress::malformed;
  }

  bool concluding() const noexcept override { return state_ == State::acknowledged; }

 private:
  enum class State { first, final, acknowledged, over };

  Progress first(std::string_view message) {
    state_ = State::over;
    const std::string_view whole = message;
    if (!read_header(message)) {
      return Progress::malformed;
    }
    header_ = whole.substr(0, whole.size() - message.size());
    first_bare_ = message;
    const auto name = take_attribute(message, 'n');
    const auto nonce = take_attribute(message, 'r');
    auto authcid = name ? unescaped(*name) : std::nullopt;
    if (!authcid || authcid->empty() || authcid->find('\0') != std::string::npos || !nonce || !is_nonce(*nonce)) {
      return Progress::malformed;
    }
    authcid_ = std::move(*authcid);
    const auto keys = verifier_.keys(context_, authcid_, hash_);
    keys_ = keys ? *keys : keys_of_nobody(hash_, authcid_);
    exists_ = keys.has_value();
    nonces_ = std::string(*nonce) + (nonce_.empty() ? random_nonce() : nonce_);
    challenge_ = fmt::format("r={},s={},i={}", nonces_, base64_encode(keys_.salt), keys_.iterations);
    server_first_ = challenge_;
    state_ = State::final;
    return Progress::challenge;
  }

  /// Takes the gs2-header off `message` and finds the data the client binds to.
  bool read_header(std::string_view& message) {
    if (binding_ == Binding::used) {
      const auto type = take_attribute(message, 'p');
      for (const std::string_view known : binding_types) {
        if (type == known && context_.channel_binding) {
          if (auto data = context_.channel_binding(known)) {
            binding_data_ = std::move(*data);
            return read_authzid(message);
          }
        }
      }
      return false;
    }
    if (message.starts_with("y,")) {
      // The client could bind and was told that we cannot (RFC 5802 section 6): unless it is not on our list, somebody took
      // it off.
      if (allowed(context_, scram_name(hash_, Binding::used)) && can_bind(context_.channel_binding)) {
        return false;
      }
    } else if (!message.starts_with("n,")) {
      return false;
    }
    message.remove_prefix(2);
    return read_authzid(message);
  }

  bool read_authzid(std::string_view& message) {
    if (message.starts_with(',')) {
      message.remove_prefix(1);
      return true;
    }
    const auto name = take_attribute(message, 'a');
    auto authzid = name ? unescaped(*name) : std::nullopt;
    if (!authzid || authzid->empty() || authzid->find('\0') != std::string::npos) {
      return false;
    }
    authzid_ = std::move(*authzid);
    return true;
  }

  Progress final(std::string_view message) {
    state_ = State::over;
    const std::size_t last = message.rfind(",p=");
    if (last == std::string_view::npos) {
      return Progress::malformed;
    }
    const std::string_view without_proof = message.substr(0, last);
    const auto proof = base64_decode(message.substr(last + 3));
    const auto bound = take_attribute(message, 'c');
    const auto nonces = take_attribute(message, 'r');
    if (!proof || !bound || !nonces) {
      return Progress::malformed;
    }
    const std::string auth_message = first_bare_ + ',' + server_first_ + ',' + std::string(without_proof);
    const std::string signature = hmac(hash_, keys_.stored_key, auth_message);
    const bool right = proof->size() == signature.size() &&
                       equal_constant_time(digest(hash_, exclusive_or(*proof, signature)), keys_.stored_key);
    if (!right || !exists_ || *nonces != nonces_ || base64_decode(*bound) != header_ + binding_data_) {
      verifier_.proof_failed(context_, scram_name(hash_, binding_), authcid_);
      verdict_ = Denial::wrong;
      return Progress::done;
    }
    verdict_ = verifier_.verify(
        {context_, scram_name(hash_, binding_), authzid_, authcid_, ProofByKeys{hash_, keys_.stored_key}});
    if (!verdict_) {
      return Progress::done;
    }
    challenge_ = "v=" + base64_encode(hmac(hash_, keys_.server_key, auth_message));
    state_ = State::acknowledged;
    return Progress::challenge;
  }

  ScramHash hash_;
  Binding binding_;
  Verifier& verifier_;
  const Context& context_;
  std::string nonce_;
  State state_ = State::first;
  std::string header_, binding_data_, authzid_, authcid_;
  std::string first_bare_, server_first_, nonces_;
  ScramKeys keys_;
  bool exists_ = false;
};

}  // namespace

std::unique_ptr<ServerMechanism> make_scram_server(ScramHash hash, Binding binding, Verifier& verifier,
                                                   const Context& context, std::string nonce) {
  return std::make_unique<ScramServer>(hash, binding, verifier, context, std::move(nonce));
}

}  // namespace posthouse::sasl
