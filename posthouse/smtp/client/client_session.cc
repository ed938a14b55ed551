#include "posthouse/smtp/client/client_session.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/number.h"
#include "posthouse/base/text.h"
#include "posthouse/dialogue/client_exchange.h"
#include "posthouse/dialogue/trace.h"
#include "posthouse/net/error.h"
#include "posthouse/net/tls/shared_tls_context.h"
#include "posthouse/smtp/wire/address_literal.h"

namespace posthouse::smtp {
namespace {

/// RFC 5321 section 4.5.3.1.5 allows a server 512; some need more.
constexpr std::size_t max_reply_line = 8192;
/// RFC 5321 section 4.5.3.1.4: a command line that is longer gets no initial response (RFC 4954 section 4).
constexpr std::size_t max_command = 510;
constexpr std::size_t max_blank_lines = 20;

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 32 || c == 127;
}

}  // namespace

Client::Impl::Impl(net::Stream stream, std::string server_name, ClientOptions options)
    : stream_(std::move(stream)), server_name_(std::move(server_name)), options_(std::move(options)) {
  stream_.set_timeout(options_.timeouts.command);  // for what goes out because much has been collected
}

void Client::Impl::open() {
  if (options_.tls == Tls::implicit) {
    start_tls();
  }
  greeting_ = get(options_.timeouts.greeting);
  if (greeting_.code != 220) {
    refuse(greeting_, who() + " does not let us in");
  }
  hello();
  if (options_.tls != Tls::starttls) {
    return;
  }
  if (!supports("STARTTLS")) {
    if (options_.opportunistic) {
      return note("The server offers no STARTTLS: going on in clear text");
    }
    throw Error(Errc::tls_unavailable, who() + " offers no STARTTLS, and without it nothing is sent");
  }
  const Reply reply = command("STARTTLS");
  if (!reply.positive()) {
    if (options_.opportunistic && reply.code != 421) {
      tls_given_up_ = "STARTTLS: " + reply.to_string();
      return note("STARTTLS refused: going on in clear text");
    }
    throw Error(Errc::tls_unavailable, who() + " refuses STARTTLS: " + reply.to_string(), reply, "STARTTLS");
  }
  start_tls();
  hello();  // RFC 3207 section 4.2: what was said before does not count
}

void Client::Impl::start_tls() {
  net::TlsClientOptions tls = options_.tls_options;
  if (options_.opportunistic && options_.tls == Tls::starttls) {
    tls.verify = false;
  }
  const net::TlsContext context = options_.tls_context ? *options_.tls_context : net::shared_client_context(tls);
  extensions_.clear();
  stream_.start_tls_client(context, server_name_, options_.timeouts.connect);
  if (const auto info = stream_.tls(); info && options_.trace) {
    note(fmt::format("{}, {}, certificate {}", info->version, info->cipher,
                     info->verified ? "verified" : "not verified"));
  }
}

/// RFC 5321 section 4.1.4: a client without a name says its address literal.
std::string Client::Impl::name_for_hello() const {
  if (!options_.local_name.empty()) {
    return options_.local_name;
  }
  std::string literal = address_literal(stream_.local_address());
  return literal.empty() ? "localhost" : literal;
}

void Client::Impl::hello() {
  extensions_.clear();
  const std::string name = name_for_hello();
  const std::string verb = options_.lmtp ? "LHLO" : "EHLO";
  check_plain(verb, name);
  Reply reply = command(verb + " " + name);
  if (!options_.lmtp && reply.permanent() && reply.code != 554) {
    const Reply second = command("HELO " + name);
    if (second.code != 250) {
      refuse(second, who() + " refuses HELO");
    }
    return;
  }
  if (reply.code != 250) {  // RFC 5321 section 4.3.2; a second greeting would be 220
    refuse(reply, who() + " refuses " + verb);
  }
  std::string_view rest = reply.text;
  for (bool first = true;; first = false) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = trim(rest.substr(0, end));
    if (!first && !line.empty()) {
      extensions_.emplace_back(line);
    }
    if (end == std::string_view::npos) {
      return;
    }
    rest.remove_prefix(end + 1);
  }
}

bool Client::Impl::supports(std::string_view keyword) const noexcept {
  return std::any_of(extensions_.begin(), extensions_.end(), [&](std::string_view line) {
    return istarts_with(line, keyword) && (line.size() == keyword.size() || line[keyword.size()] == ' ');
  });
}

std::string_view Client::Impl::parameters(std::string_view keyword) const noexcept {
  for (const std::string_view line : extensions_) {
    if (istarts_with(line, keyword) && line.size() > keyword.size() && line[keyword.size()] == ' ') {
      return trim(line.substr(keyword.size()));
    }
  }
  return {};
}

std::optional<std::uint64_t> Client::Impl::limit(std::string_view name) const noexcept {
  for (std::string_view rest = parameters("LIMITS"); !rest.empty();) {
    const std::string_view one = take_word(rest);
    if (one.size() > name.size() && istarts_with(one, name) && one[name.size()] == '=') {
      const auto number = parse_number<std::uint64_t>(one.substr(name.size() + 1));
      return number && *number > 0 ? number : std::nullopt;
    }
  }
  return std::nullopt;
}

std::string_view Client::Impl::offered_mechanisms() const noexcept {
  std::string_view offered = parameters("AUTH");
  // Some old servers have "AUTH=" in place of "AUTH ".
  for (const std::string_view line : extensions_) {
    if (offered.empty() && istarts_with(line, "AUTH=")) {
      offered = line.substr(5);
    }
  }
  return offered;
}

void Client::Impl::login_external(const std::string& user) {
  const std::vector<std::string_view> offered = split(offered_mechanisms(), ' ');
  const bool has =
      std::any_of(offered.begin(), offered.end(), [](std::string_view one) { return iequals(one, "EXTERNAL"); });
  if (!has || !try_mechanism(dialogue::make_external(user), user)) {
    throw Error(Errc::no_mechanism, who() + " offers no log-in by certificate");
  }
}

// RFC 4954.
void Client::Impl::login(const std::string& user, const std::string& password) {
  if (!stream_.is_tls() && !options_.insecure_auth) {
    throw Error(Errc::insecure, "no log-in at " + who() + " without TLS: the password would be readable on the way");
  }
  const std::string_view offered = offered_mechanisms();
  const std::vector<std::string> mechanisms = dialogue::usable_mechanisms(offered, stream_);
  if (mechanisms.empty()) {
    throw Error(Errc::no_mechanism, offered.empty()
                                        ? who() + " offers no log-in"
                                        : who() + " offers no log-in known here, only " + printable(offered));
  }
  for (const std::string& mechanism : mechanisms) {
    if (try_mechanism(dialogue::make_mechanism(mechanism, user, password, stream_), user)) {
      return;
    }
  }
  throw Error(Errc::no_mechanism, who() + " does not take the log-in it offers");
}

/// False when the server does not know the mechanism after all.
bool Client::Impl::try_mechanism(std::unique_ptr<sasl::ClientMechanism> mechanism, const std::string& user) {
  const std::string opening = "AUTH " + std::string(mechanism->name());
  dialogue::ClientExchange exchange(std::move(mechanism), max_command);
  Reply reply = command(exchange.opening());
  for (int turns = 0; reply.code == 334 && turns < 8; ++turns) {
    put_response(exchange.answer(reply.text));
    reply = get(options_.timeouts.command);
  }
  const std::string what = fmt::format("log-in as {} refused by {}: {}", printable(user), who(), reply.to_string());
  if (reply.code == 235) {
    if (!exchange.complete()) {
      stream_.close();
      throw Error(Errc::auth_failed, who() + " did not prove that it knows the password of " + printable(user), reply,
                  opening, false);
    }
    return true;
  }
  if (reply.code == 504) {
    return false;
  }
  if (reply.permanent()) {
    throw Error(Errc::auth_failed, what, reply, opening);
  }
  if (reply.transient()) {
    throw Error(Errc::refused, what, reply, opening);
  }
  stream_.close();
  throw Error(Errc::protocol, fmt::format("no end of the log-in at {}: {}", who(), reply.to_string()), reply, opening,
              false);
}

void Client::Impl::demand(const std::string& line) {
  Reply reply = command(line);
  if (!reply.positive()) {
    refuse(std::move(reply), who() + " refuses " + line);
  }
}

void Client::Impl::quit() noexcept {
  try {
    if (stream_.is_open()) {
      command("QUIT");
    }
  } catch (const std::exception&) {
    // Whatever went wrong with it, it is over.
  }
  stream_.close();
}

Reply Client::Impl::command(const std::string& line, net::Duration timeout) {
  check_in_step();
  put(line);
  return get(timeout);
}

void Client::Impl::check_plain(std::string_view statement, const std::string& text) const {
  if (std::any_of(text.begin(), text.end(), is_control)) {
    throw Error(Errc::usage, "control characters in the argument of " + std::string(statement), {},
                std::string(statement));
  }
}

/// Writes a command; it goes out with the next flush or when a reply is waited for.
void Client::Impl::put(const std::string& line) {
  std::string visible = dialogue::masked(line);
  check_plain(std::string_view(visible).substr(0, visible.find(' ')), line);
  put_shown(line, std::move(visible));
}

/// The same for a line of a log-in.
void Client::Impl::put_response(const std::string& line) {
  put_shown(line, std::string(dialogue::masked_response(line)));
}

void Client::Impl::put_shown(const std::string& line, std::string visible) {
  if (!stream_.is_open()) {
    throw net::Error(net::Errc::closed, "the connection to " + who() + " is closed");
  }
  if (options_.trace) {
    options_.trace(net::Speaker::client, visible);
  }
  last_command_ = std::move(visible);
  stream_.write_later(line);
  stream_.write_later("\r\n");
}

Reply Client::Impl::get(net::Duration timeout) {
  const net::Deadline deadline = timeout;
  try {
    stream_.flush(deadline);
  } catch (const net::Error& error) {
    if (error.errc() != net::Errc::reset) {
      throw;
    }
    // Servers that close often say why first.
    try {
      Reply reply = read_reply(net::Deadline::earlier(deadline, std::chrono::seconds(1)));
      if (reply.transient() || reply.permanent()) {
        return reply;
      }
    } catch (const posthouse::Error&) {
    }
    throw;
  }
  return read_reply(deadline);
}

Reply Client::Impl::read_reply(net::Deadline deadline) {
  ReplyParser parser;
  for (std::size_t blank = 0;;) {
    const std::string line = read_reply_line(deadline);
    // Some servers put empty lines between their replies. To take one for an answer would mean to send again what has
    // been taken.
    if (line.empty() && parser.state() != ReplyParser::State::more && ++blank <= max_blank_lines) {
      continue;
    }
    const auto state = parser.add(line);
    if (state == ReplyParser::State::complete) {
      return std::move(parser.reply());
    }
    if (state == ReplyParser::State::malformed) {
      stream_.close();
      throw Error(Errc::protocol,
                  fmt::format("{} answers {} with what is no SMTP: {}", who(), last_command_, printable(line)), {},
                  last_command_, false);
    }
  }
}

std::string Client::Impl::read_reply_line(net::Deadline deadline) {
  std::optional<std::string> line;
  try {
    line = stream_.read_line(max_reply_line, deadline);
  } catch (const net::Error& error) {
    if (error.errc() != net::Errc::too_long) {
      throw;
    }
    stream_.close();
    throw Error(Errc::protocol, who() + " answers " + last_command_ + " with a line without an end", {}, last_command_,
                false);
  }
  if (!line) {
    stream_.close();
    throw net::Error(net::Errc::closed, who() + " closed the connection instead of answering " + last_command_);
  }
  if (options_.trace) {
    options_.trace(net::Speaker::server, *line);
  }
  return std::move(*line);
}

/// With all commands answered, throws what the server says beyond that: a refusal (421 when it goes), or else a protocol
/// error (RFC 5321 section 4.2: one reply for each command).
void Client::Impl::check_in_step() {
  while (stream_.is_open() && stream_.buffered().starts_with("\r\n")) {
    stream_.consume(2);
  }
  if (!stream_.is_open() || stream_.buffered().empty()) {
    return;
  }
  Reply reply = read_reply(options_.timeouts.command);
  if (reply.transient() || reply.permanent()) {
    stream_.close();
    refuse(std::move(reply), who() + " breaks off after " + last_command_);
  }
  stream_.close();
  throw Error(Errc::protocol, fmt::format("{} answers {} twice: {}", who(), last_command_, reply.to_string()),
              std::move(reply), last_command_, false);
}

/// Throws the refusal `reply`; a 421 or a reply no command gets ends the connection.
void Client::Impl::refuse(Reply reply, const std::string& what) {
  if (!reply.transient() && !reply.permanent()) {
    stream_.close();
    throw Error(Errc::protocol, fmt::format("{} answers {} with {}", who(), last_command_, reply.to_string()), reply,
                last_command_, false);
  }
  const std::string text = what + ": " + reply.to_string();
  if (reply.code == 421) {
    stream_.close();
  }
  throw Error(Errc::refused, text, std::move(reply), last_command_, stream_.is_open());
}

void Client::Impl::note(const std::string& text) const {
  if (options_.trace) {
    options_.trace(net::Speaker::note, text);
  }
}

}  // namespace posthouse::smtp
