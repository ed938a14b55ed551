#include "posthouse/sasl/external.h"

#include <utility>

namespace posthouse::sasl {
namespace {

class ExternalServer final : public ServerMechanism {
 public:
  ExternalServer(Verifier& verifier, const Context& context) : verifier_(verifier), context_(context) {}

  Progress step(std::optional<std::string_view> response) override {
    if (!response) {
      return std::exchange(asked_, true) ? Progress::malformed : Progress::challenge;
    }
    if (response->find('\0') != std::string_view::npos || context_.certified.empty()) {
      return Progress::malformed;
    }
    const std::string_view authcid = response->empty() ? std::string_view(context_.certified.front()) : *response;
    verdict_ = verifier_.verify({context_, "EXTERNAL", *response, authcid, ProofByCertificate{}});
    return Progress::done;
  }

 private:
  Verifier& verifier_;
  const Context& context_;
  bool asked_ = false;
};

class ExternalClient final : public ClientMechanism {
 public:
  explicit ExternalClient(Credentials credentials) : authzid_(std::move(credentials.authzid)) {}

  std::string_view name() const noexcept override { return "EXTERNAL"; }
  bool speaks_first() const noexcept override { return true; }
  std::optional<std::string> step(std::string_view) override {
    if (std::exchange(said_, true)) {
      return std::nullopt;
    }
    return authzid_;
  }

 private:
  std::string authzid_;
  bool said_ = false;
};

}  // namespace

std::unique_ptr<ServerMechanism> make_external_server(Verifier& verifier, const Context& context) {
  return std::make_unique<ExternalServer>(verifier, context);
}
std::unique_ptr<ClientMechanism> make_external_client(Credentials credentials) {
  return std::make_unique<ExternalClient>(std::move(credentials));
}

}  // namespace posthouse::sasl
