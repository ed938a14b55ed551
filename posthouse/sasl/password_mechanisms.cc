#include "posthouse/sasl/password_mechanisms.h"

#include <utility>

#include <openssl/crypto.h>

namespace posthouse::sasl {
namespace {

bool usable(std::string_view text) {
  return !text.empty() && text.find('\0') == std::string_view::npos;
}

class PlainServer final : public ServerMechanism {
 public:
  PlainServer(Verifier& verifier, const Context& context) : verifier_(verifier), context_(context) {}

  Progress step(std::optional<std::string_view> response) override {
    if (!response) {
      return std::exchange(asked_, true) ? Progress::malformed : Progress::challenge;
    }
    // [authzid] NUL authcid NUL passwd
    const auto first = response->find('\0');
    const auto second = first == std::string_view::npos ? first : response->find('\0', first + 1);
    if (second == std::string_view::npos) {
      return Progress::malformed;
    }
    const std::string_view authcid = response->substr(first + 1, second - first - 1);
    const std::string_view password = response->substr(second + 1);
    if (!usable(authcid) || !usable(password)) {
      return Progress::malformed;
    }
    verdict_ = verifier_.verify({context_, "PLAIN", response->substr(0, first), authcid, Password{password}});
    return Progress::done;
  }

 private:
  Verifier& verifier_;
  const Context& context_;
  bool asked_ = false;
};

class LoginServer final : public ServerMechanism {
 public:
  LoginServer(Verifier& verifier, const Context& context) : verifier_(verifier), context_(context) {}

  Progress step(std::optional<std::string_view> response) override {
    if (!response) {
      challenge_ = "Username:";
      return Progress::challenge;
    }
    if (!usable(*response)) {
      return Progress::malformed;
    }
    if (name_.empty()) {
      name_ = *response;
      challenge_ = "Password:";
      return Progress::challenge;
    }
    verdict_ = verifier_.verify({context_, "LOGIN", {}, name_, Password{*response}});
    return Progress::done;
  }

 private:
  Verifier& verifier_;
  const Context& context_;
  std::string name_;
};

// What a challenge says is not looked at: neither mechanism depends on it, and servers word it differently.

class PlainClient final : public ClientMechanism {
 public:
  explicit PlainClient(Credentials credentials) : credentials_(std::move(credentials)) {}

  std::string_view name() const noexcept override { return "PLAIN"; }
  bool speaks_first() const noexcept override { return true; }
  std::optional<std::string> step(std::string_view) override {
    if (std::exchange(said_, true)) {
      return std::nullopt;
    }
    std::string octets = credentials_.authzid;
    octets.append(1, '\0').append(credentials_.user).append(1, '\0').append(credentials_.password);
    return octets;
  }

 private:
  Credentials credentials_;
  bool said_ = false;
};

class LoginClient final : public ClientMechanism {
 public:
  explicit LoginClient(Credentials credentials) : credentials_(std::move(credentials)) {}

  std::string_view name() const noexcept override { return "LOGIN"; }
  bool speaks_first() const noexcept override { return false; }
  std::optional<std::string> step(std::string_view) override {
    switch (turn_++) {
      case 0:
        return credentials_.user;
      case 1:
        return credentials_.password;
      default:
        return std::nullopt;
    }
  }

 private:
  Credentials credentials_;
  unsigned turn_ = 0;
};

}  // namespace

std::unique_ptr<ServerMechanism> make_plain_server(Verifier& verifier, const Context& context) {
  return std::make_unique<PlainServer>(verifier, context);
}
std::unique_ptr<ServerMechanism> make_login_server(Verifier& verifier, const Context& context) {
  return std::make_unique<LoginServer>(verifier, context);
}
std::unique_ptr<ClientMechanism> make_plain_client(Credentials credentials) {
  return std::make_unique<PlainClient>(std::move(credentials));
}
std::unique_ptr<ClientMechanism> make_login_client(Credentials credentials) {
  return std::make_unique<LoginClient>(std::move(credentials));
}

}  // namespace posthouse::sasl
