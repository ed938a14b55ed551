#include "posthouse/imap/client/client.h"

#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/imap/client/client_support.h"
#include "posthouse/imap/client/session.h"
#include "posthouse/net/error.h"

namespace posthouse::imap {

Client::Client(net::Stream stream, const std::string& server_name, ClientOptions options, net::Deadline deadline)
    : session_(std::make_unique<ClientSession>(std::move(stream), std::move(options))) {
  ClientSession& session = *session_;
  const Tls mode = session.options().tls;
  session.set_deadline(deadline);
  if (mode == Tls::implicit) {
    session.start_tls(server_name, deadline);
  }
  greeting_ = session.greeting();
  if (mode == Tls::starttls) {
    // Whoever takes the client for logged in before TLS would have it go on in clear text (RFC 9051 section 7.1.4).
    if (session.logged_in) {
      session.stream().close();
      throw Error(Errc::tls_unavailable, "the IMAP server has no STARTTLS, since it takes the client for logged in",
                  {.connection_usable = false});
    }
    session.run(command::StartTls{}, {}, Numbers::sequence, Errc::tls_unavailable);
    session.start_tls(server_name, deadline);
  }
  if (session.logged_in) {
    settle(session);
  }
  session.set_deadline({});
}

Client Client::connect(const std::string& host, std::uint16_t port, ClientOptions options) {
  const auto deadline = net::Deadline::after(options.timeouts.connect);
  if (port == 0) {
    port = options.tls == Tls::implicit ? 993 : 143;
  }
  net::Stream stream = net::connect(host, port, deadline);
  return {std::move(stream), host, std::move(options), deadline};
}

Client Client::connect(const net::Address& address, const std::string& server_name, ClientOptions options) {
  const auto deadline = net::Deadline::after(options.timeouts.connect);
  net::Stream stream = net::connect(address, deadline);
  return {std::move(stream), server_name, std::move(options), deadline};
}

Client::Client(net::Stream stream, const std::string& server_name, ClientOptions options) {
  const auto deadline = net::Deadline::after(options.timeouts.connect);
  *this = Client(std::move(stream), server_name, std::move(options), deadline);
}

Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

const response::Status& Client::greeting() const noexcept {
  return greeting_;
}
const std::vector<std::string>& Client::capabilities() {
  const Turn turn(*session_);
  return session_->capabilities();
}
bool Client::supports(std::string_view name) {
  const Turn turn(*session_);
  return session_->supports(name);
}
bool Client::enabled(std::string_view name) const noexcept {
  return session_->enabled(name);
}
bool Client::logged_in() const noexcept {
  return session_->logged_in;
}

response::Id Client::id(const std::vector<std::pair<std::string, std::optional<std::string>>>& fields) {
  const Turn turn(*session_);
  demand(*session_, "ID");
  response::Id told;
  session_->run(command::Id{fields}, [&](response::Data& data) {
    auto* id = std::get_if<response::Id>(&data);
    if (id != nullptr) {
      session_->count_kept();
      told = std::move(*id);
    }
    return id != nullptr;
  });
  return told;
}

void Client::logout() {
  const Turn turn(*session_);
  session_->log_out();
}

void Client::noop() {
  const Turn turn(*session_);
  session_->run(command::Noop{});
}

std::vector<Event> Client::events() {
  return session_->take_events();
}
bool Client::events_lost() noexcept {
  return session_->take_events_lost();
}

std::vector<Event> Client::idle(net::Deadline deadline) {
  const Turn turn(*session_);
  session_->drain();
  if (auto events = session_->take_events(); !events.empty()) {
    return events;
  }
  if (session_->offers("IDLE")) {
    session_->idle(deadline);
  } else {
    session_->poll(deadline);
  }
  return session_->take_events();
}

// RFC 5465.
void Client::notify(std::vector<NotifyGroup> groups, bool status) {
  const Turn turn(*session_);
  demand(*session_, "NOTIFY");
  session_->run(command::Notify{.status = status, .groups = std::move(groups)});
}

void Client::notify_none() {
  const Turn turn(*session_);
  demand(*session_, "NOTIFY");
  session_->run(command::Notify{.none = true});
}

void Client::interrupt() noexcept {
  session_->interrupt();
}

const Selected* Client::selected() const noexcept {
  return session_->selected ? &*session_->selected : nullptr;
}
bool Client::compressed() const noexcept {
  return session_->compressed;
}
bool Client::secure() const noexcept {
  return session_->stream().is_tls();
}
net::Stream& Client::stream() noexcept {
  return session_->stream();
}

}  // namespace posthouse::imap
