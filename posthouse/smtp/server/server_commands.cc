#include <algorithm>
#include <array>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/fiber/time.h"
#include "posthouse/mail/path.h"
#include "posthouse/smtp/server/server_receiver.h"

namespace posthouse::smtp {
namespace {

/// The client's name for itself, fit to stand in a header.
std::string clean_name(std::string_view text) {
  std::string out(text.substr(0, 255));
  for (char& c : out) {
    const bool fine = is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') ||
                      std::string_view(".-_:[]").find(c) != std::string_view::npos;
    if (!fine) {
      c = '?';
    }
  }
  return out;
}

/// What web browsers say first when a page makes them talk to a mail server.
bool is_http(std::string_view word) {
  static constexpr std::array<std::string_view, 7> methods{"GET", "POST", "PUT", "HEAD", "OPTIONS", "CONNECT", "Host:"};
  for (const std::string_view method : methods) {
    if (iequals(word, method)) {
      return true;
    }
  }
  return false;
}

/// Addresses may be international, and programs greet with the name of the machine they run on, whatever that is.
bool may_have_eight_bits(Verb verb) {
  return verb == Verb::mail || verb == Verb::rcpt || verb == Verb::vrfy || verb == Verb::ehlo || verb == Verb::helo;
}

std::string_view reply_to(ParameterFault fault) {
  switch (fault) {
    case ParameterFault::unknown:
      return "555 5.5.4 Unknown parameter";
    case ParameterFault::bad_value:
      return "501 5.5.4 Bad parameter value";
    default:
      return "501 5.5.4 Malformed parameters";
  }
}

}  // namespace

void ServerSession::handle(std::string_view line) {
  const CommandLine command(line);
  dialogue_.tracer().command(line, command.verb != Verb::unknown);
  const LineFaults faults = find_faults(line);
  const bool fit = !faults.control && !faults.eight_bit && line.size() + 2 <= max_command_line;
  if (command.verb == Verb::bdat) {
    return chunk(fit ? command.argument : std::string_view());
  }
  if (faults.control) {
    return fault("500 5.5.2 Control characters in a command");
  }
  if (faults.eight_bit && !may_have_eight_bits(command.verb)) {
    return fault("500 5.5.2 Only ASCII here");
  }
  if (line.size() + 2 > max_command_line && command.verb != Verb::auth) {
    return fault("500 5.5.2 Line too long");
  }
  if (turned_away_ && command.verb != Verb::quit) {
    return fault("503 5.5.1 There is no service here for you");
  }
  dispatch(command);
}

void ServerSession::dispatch(const CommandLine& command) {
  const std::string_view argument = command.argument;
  switch (command.verb) {
    case Verb::ehlo:
    case Verb::helo:
      return hello(command);
    case Verb::mail:
      return mail(argument);
    case Verb::rcpt:
      return recipient(argument);
    case Verb::data:
      return data(argument);
    case Verb::bdat:
      return chunk(argument);
    case Verb::auth:
      return log_in(argument);
    case Verb::starttls:
      return start_tls(argument);
    case Verb::vrfy:
      return verify(argument);
    case Verb::rset:
      if (!argument.empty()) {
        return fault("501 5.5.4 RSET takes no argument");
      }
      end_transaction();
      return idle_command("250 2.0.0 Forgotten");
    case Verb::noop:
      return idle_command("250 2.0.0 OK");
    case Verb::help:
      return idle_command(
          "214 2.0.0 EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT STARTTLS AUTH: see RFC 5321");
    case Verb::expn:
      return fault("502 5.5.1 There are no lists to expand here");
    case Verb::quit:
      end(SessionEnd::quit, "221 2.0.0 Goodbye", {});
    case Verb::unknown:
      break;
  }
  if (is_http(command.word)) {
    end(SessionEnd::refused, "421 4.7.0 This is no web server", "HTTP");
  }
  fault("500 5.5.2 Unknown command");
}

/// Commands that move no mail are answered, but not without end.
void ServerSession::idle_command(std::string_view reply) {
  count_idle_command();
  say(reply);
}

void ServerSession::count_idle_command() {
  if (++idle_ > options_.max_idle_commands) {
    end(SessionEnd::refused, "421 4.7.0 Too many commands without mail, closing the connection", "idle commands");
  }
}

// RFC 5321 section 4.1.1.1. The replies have no enhanced codes (RFC 2034 section 3).
void ServerSession::hello(const CommandLine& command) {
  if (command.argument.empty()) {
    return fault("501 Please say who you are: EHLO domain");
  }
  end_transaction();
  session_.helo = clean_name(command.argument);
  session_.esmtp = command.verb == Verb::ehlo;
  knows_extensions_ = knows_extensions_ || session_.esmtp;
  backend_.changed(session_);
  if (!session_.esmtp) {
    return idle_command("250 " + options_.hostname);
  }

  std::string reply = "250-" + options_.hostname + "\r\n250-PIPELINING\r\n250-SIZE";
  if (options_.max_message_size > 0) {
    reply += ' ' + std::to_string(options_.max_message_size);
  }
  reply += "\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250-CHUNKING\r\n";
  reply += options_.binary ? "250-BINARYMIME\r\n" : "";
  reply += "250-LIMITS RCPTMAX=" + std::to_string(options_.max_recipients) + "\r\n" + offers_now();
  if (options_.tls && !session_.tls) {
    reply += "250-STARTTLS\r\n";
  }
  if (verifier_ != nullptr) {
    const std::string mechanisms = dialogue::mechanisms_now(log_in_state(), *verifier_, log_in_context());
    reply += mechanisms.empty() ? "" : "250-AUTH " + mechanisms + "\r\n";
  }
  for (const std::string& keyword : options_.more_keywords) {
    reply += "250-" + keyword + "\r\n";
  }
  reply += "250 ENHANCEDSTATUSCODES\r\n";
  count_idle_command();
  dialogue_.say_lines(reply);
}

void ServerSession::mail(std::string_view argument) {
  if (session_.helo.empty()) {
    return fault("503 5.5.1 EHLO first");
  }
  if (in_transaction_) {
    return fault("503 5.5.1 There is a sender already");
  }
  const std::string_view named = argument;
  const auto refuse = [&](std::string_view line) { fault(Refused::sender, named, line); };
  if (session_.kind == Kind::submission && session_.user.empty() && !backend_.may_send_without_log_in(session_)) {
    return refuse(dialogue::is_safe(log_in_state()) ? "530 5.7.0 Log in first"
                                                    : "530 5.7.0 STARTTLS first, then log in");
  }
  if (!log_in_holds()) {
    return;
  }
  if (!take_keyword(argument, "FROM:")) {
    return refuse("501 5.5.4 Syntax: MAIL FROM:<address>");
  }
  auto path = mail::take_path(argument, mail::PathKind::reverse, mail::AddressSyntax::wire);
  if (!path) {
    return refuse("501 5.1.7 That is no address; syntax: MAIL FROM:<local-part@domain>");
  }
  MailParameters parameters;
  ParameterFault wrong = read_mail_parameters(argument, parameters);
  if (wrong == ParameterFault::none) {
    wrong = check_offered(parameters.delivery);
  }
  if (wrong != ParameterFault::none) {
    return refuse(reply_to(wrong));
  }
  if (parameters.body == Body::binary && !options_.binary) {
    return refuse(reply_to(ParameterFault::bad_value));
  }
  if (!path->is_ascii() && !parameters.smtputf8) {
    return refuse("553 5.6.7 An address in UTF-8 needs SMTPUTF8");
  }
  if (options_.max_message_size > 0 && parameters.size.value_or(0) > options_.max_message_size) {
    return refuse("552 5.3.4 The message is too large");
  }
  Envelope envelope{std::move(path->text), {}, parameters.size, parameters.body, parameters.smtputf8};
  envelope.envid = std::move(parameters.envid);
  envelope.ret = parameters.ret;
  envelope.priority = parameters.delivery.priority;
  envelope.hold_for = parameters.delivery.hold_for;
  envelope.hold_until = parameters.delivery.hold_until;
  envelope.deliver_by = parameters.delivery.deliver_by;
  envelope.require_tls = parameters.delivery.require_tls;
  const Reply reply = ask([&] { return backend_.mail(session_, envelope); });
  if (!reply.positive()) {
    return refusal(Refused::sender, envelope.reverse_path, reply);
  }
  begin_transaction(std::move(envelope), reply);
}

/// The lines of EHLO about how messages travel.
std::string ServerSession::offers_now() const {
  const DeliveryOffers& offers = options_.offers;
  std::string lines = offers.require_tls && session_.tls ? "250-REQUIRETLS\r\n" : "";
  lines += offers.priority ? "250-MT-PRIORITY\r\n" : "";
  lines += offers.deliver_by ? "250-DELIVERBY\r\n" : "";
  if (offers.max_hold.count() > 0 && session_.kind == Kind::submission) {
    const auto latest = std::chrono::floor<std::chrono::seconds>(net::wall_now()) + offers.max_hold;
    lines += "250-FUTURERELEASE " + std::to_string(offers.max_hold.count()) + ' ' + format_moment(latest) + "\r\n";
  }
  return lines;
}

/// What was asked for and is not offered here, or not that long.
ParameterFault ServerSession::check_offered(const DeliveryParameters& asked) const {
  const DeliveryOffers& offers = options_.offers;
  const bool held = asked.hold_for || asked.hold_until;
  const bool may_hold = offers.max_hold.count() > 0 && session_.kind == Kind::submission;
  if ((asked.require_tls && !(offers.require_tls && session_.tls)) || (asked.priority && !offers.priority) ||
      (asked.deliver_by && !offers.deliver_by) || (held && !may_hold)) {
    return ParameterFault::unknown;
  }
  // In seconds: in anything finer, year 2999 is not there.
  const auto latest = std::chrono::floor<std::chrono::seconds>(net::wall_now()) + offers.max_hold;
  const bool too_long =
      (asked.hold_for && *asked.hold_for > offers.max_hold) || (asked.hold_until && *asked.hold_until > latest);
  return too_long ? ParameterFault::bad_value : ParameterFault::none;
}

/// False when it cannot be told whether the user may still send, which has been answered. Ends the session of one who
/// may not.
bool ServerSession::log_in_holds() {
  if (session_.user.empty() || verifier_ == nullptr) {
    return true;
  }
  bool holds = false;
  const Reply told = ask([&] {
    holds = verifier_->holds(log_in_);
    return ok();
  });
  if (!told.positive()) {
    refusal(told);
    return false;
  }
  if (!holds) {
    end(SessionEnd::refused, "421 4.7.0 This log-in is good no more, closing the connection", "the log-in was revoked");
  }
  return true;
}

void ServerSession::begin_transaction(Envelope envelope, const Reply& reply) {
  envelope.recipients.swap(envelope_.recipients);  // keeps their memory
  envelope_ = std::move(envelope);
  envelope_.recipients.clear();
  in_transaction_ = true;
  chunks_refused_ = false;
  say_accepted(reply, "250 2.1.0 Sender accepted");
}

void ServerSession::end_transaction() noexcept {
  if (!in_transaction_) {
    return;
  }
  in_transaction_ = false;
  if (envelope_.recipients.capacity() > 100) {
    std::vector<std::string>().swap(envelope_.recipients);
  }
  const net::Shield shield;
  chunks_.reset();
  backend_.reset(session_);
}

void ServerSession::recipient(std::string_view argument) {
  if (!in_transaction_) {
    return fault("503 5.5.1 MAIL first");
  }
  if (chunks_ != nullptr) {
    return fault("503 5.5.1 The message has begun");
  }
  const std::string_view named = argument;
  const auto refuse = [&](std::string_view line) { fault(Refused::recipient, named, line); };
  if (!take_keyword(argument, "TO:")) {
    return refuse("501 5.5.4 Syntax: RCPT TO:<address>");
  }
  const auto path = mail::take_path(argument, mail::PathKind::forward, mail::AddressSyntax::wire);
  if (!path) {
    return refuse("501 5.1.3 That is no address; syntax: RCPT TO:<local-part@domain>");
  }
  if (!path->is_ascii() && !envelope_.smtputf8) {
    return refuse("553 5.6.7 An address in UTF-8 needs SMTPUTF8");
  }
  RecipientOptions options;
  const ParameterFault wrong = read_rcpt_parameters(argument, envelope_.smtputf8, options);
  if (wrong != ParameterFault::none) {
    return refuse(reply_to(wrong));
  }
  if (envelope_.recipients.size() >= options_.max_recipients) {
    if (++too_many_ > 9 * options_.max_recipients) {  // senders need not wait for the first answer
      count_error();
    }
    const std::string_view reply = "452 4.5.3 Too many recipients, send the message to the others separately";
    tell_refused(Refused::recipient, path->text, std::string(reply));
    return say(reply);
  }
  note_options(std::move(options));
  const Reply reply = ask([&] { return backend_.recipient(session_, envelope_, path->text); });
  if (!reply.positive()) {
    envelope_.recipient_options.resize(std::min(envelope_.recipient_options.size(), envelope_.recipients.size()));
    return refusal(Refused::recipient, path->text, reply);
  }
  envelope_.recipients.push_back(path->text);
  say_accepted(reply, "250 2.1.5 Recipient accepted");
}

/// Says of the next recipient what its RCPT says; nothing while nothing was said of any.
void ServerSession::note_options(RecipientOptions options) {
  auto& all = envelope_.recipient_options;
  if (!all.empty() || options.notify.said() || !options.orcpt.empty()) {
    all.resize(envelope_.recipients.size());
    all.push_back(std::move(options));
  }
}

// RFC 5321 section 3.5.3: who is known here is not told to strangers.
void ServerSession::verify(std::string_view argument) {
  if (argument.empty()) {
    return fault("501 5.5.4 Syntax: VRFY address");
  }
  idle_command("252 2.5.2 Not telling, but mail for a user of ours will be taken");
}

// RFC 3207.
void ServerSession::start_tls(std::string_view argument) {
  if (!options_.tls) {
    return fault("502 5.5.1 There is no TLS here");
  }
  if (session_.tls) {
    return fault("503 5.5.1 TLS is on already");
  }
  if (!argument.empty()) {
    return fault("501 5.5.4 STARTTLS takes no argument");
  }
  say("220 2.0.0 Ready for TLS");
  end_transaction();
  flush_replies();
  start_tls();
  session_.helo.clear();
  session_.esmtp = knows_extensions_ = false;
  session_.user = options_.user;
  session_.user_id = 0;
  backend_.changed(session_);
  log_in_ = sasl::Denial::wrong;
}

}  // namespace posthouse::smtp
