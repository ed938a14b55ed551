#include "posthouse/smtp/client/client.h"

#include <utility>

#include "posthouse/net/error.h"
#include "posthouse/smtp/client/client_session.h"

namespace posthouse::smtp {
namespace {

std::uint16_t usual_port(const ClientOptions& options) {
  if (options.tls == Tls::implicit) {
    return 465;
  }
  return options.opportunistic ? 25 : 587;
}

bool is_tls_trouble(net::Errc errc) {
  return errc == net::Errc::tls || errc == net::Errc::certificate || errc == net::Errc::closed ||
         errc == net::Errc::reset || errc == net::Errc::timeout;
}

}  // namespace

/// Connects by `dial` and opens the session; where TLS was only wished for and fails, once more without.
template <class Dial>
Client Client::open(const Dial& dial, const std::string& server_name, ClientOptions options) {
  const auto attempt = [&](ClientOptions with) { return Client(dial(), server_name, std::move(with)); };
  if (!options.opportunistic || options.tls != Tls::starttls) {
    return attempt(std::move(options));
  }
  bool tls_began = false;
  ClientOptions watched = options;
  watched.trace = [&tls_began, trace = options.trace](net::Speaker who, std::string_view line) {
    if (who == net::Speaker::client && line == "STARTTLS") {
      tls_began = true;
    }
    if (trace) {
      trace(who, line);
    }
  };
  std::string why;
  try {
    Client client = attempt(std::move(watched));
    client.set_trace(options.trace);
    return client;
  } catch (const net::Error& error) {
    if (!tls_began || !is_tls_trouble(error.errc())) {
      throw;
    }
    if (options.trace) {
      options.trace(net::Speaker::note, std::string("Again without TLS: ") + error.what());
    }
    why = error.what();
  }
  options.tls = Tls::none;
  Client client = attempt(std::move(options));
  client.impl_->tls_given_up_ = std::move(why);
  return client;
}

Client::Client(net::Stream stream, const std::string& server_name, ClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(stream), server_name, std::move(options))) {
  impl_->open();
}

Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Client Client::connect(const std::string& host, std::uint16_t port, ClientOptions options) {
  if (port == 0) {
    port = usual_port(options);
  }
  const net::Duration patience = options.timeouts.connect;
  const net::ConnectOptions how{.source = options.source};
  return open([&] { return net::connect(host, port, patience, how); }, host, std::move(options));
}

Client Client::connect(const net::Address& address, const std::string& server_name, ClientOptions options) {
  const net::Duration patience = options.timeouts.connect;
  const net::ConnectOptions how{.source = options.source};
  return open([&] { return net::connect(address, patience, how); }, server_name, std::move(options));
}

const Reply& Client::greeting() const noexcept {
  return impl_->greeting_;
}
const std::vector<std::string>& Client::extensions() const noexcept {
  return impl_->extensions_;
}
bool Client::supports(std::string_view keyword) const noexcept {
  return impl_->supports(keyword);
}
std::string_view Client::parameters(std::string_view keyword) const noexcept {
  return impl_->parameters(keyword);
}

std::optional<std::uint64_t> Client::limit(std::string_view name) const noexcept {
  return impl_->limit(name);
}

void Client::login(const std::string& user, const std::string& password) {
  impl_->login(user, password);
}
void Client::login_external(const std::string& user) {
  impl_->login_external(user);
}

SendResult Client::send(const Envelope& envelope, std::string_view message) {
  return impl_->send(envelope, message);
}
SendResult Client::send(const std::string& from, const std::vector<std::string>& to, std::string_view message) {
  Envelope envelope;
  envelope.reverse_path = from;
  envelope.recipients = to;
  return impl_->send(envelope, message);
}
SendResult Client::send(const Envelope& envelope, const MessageSource& source) {
  return impl_->send(envelope, source);
}

void Client::reset() {
  impl_->demand("RSET");
}
void Client::noop() {
  impl_->demand("NOOP");
}
Reply Client::verify(const std::string& address) {
  return impl_->command("VRFY " + address);
}
void Client::quit() {
  impl_->quit();
}

bool Client::secure() const noexcept {
  return impl_->stream_.is_tls();
}
const std::string& Client::tls_given_up() const noexcept {
  return impl_->tls_given_up_;
}
net::Stream& Client::stream() noexcept {
  return impl_->stream_;
}
void Client::set_trace(net::Trace trace) {
  impl_->options_.trace = std::move(trace);
}

}  // namespace posthouse::smtp
