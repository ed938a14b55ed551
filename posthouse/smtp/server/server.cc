#include "posthouse/smtp/server/server.h"

#include <algorithm>
#include <utility>

#include "posthouse/net/error.h"
#include "posthouse/smtp/server/server_receiver.h"

namespace posthouse::smtp {

using std::chrono::milliseconds;
using std::chrono::seconds;

SessionSummary serve_session(net::Stream& stream, const ServerOptions& options, Backend& backend) {
  return ServerSession(stream, options, backend).run();
}

const char* to_string(SessionEnd end) noexcept {
  switch (end) {
    case SessionEnd::quit:
      return "quit";
    case SessionEnd::disconnected:
      return "disconnected";
    case SessionEnd::timeout:
      return "timeout";
    case SessionEnd::refused:
      return "refused";
    case SessionEnd::stopped:
      return "stopped";
  }
  return "unknown";
}

ServerSession::ServerSession(net::Stream& stream, const ServerOptions& options, Backend& backend)
    : stream_(stream),
      options_(options),
      backend_(backend),
      verifier_(backend.verifier()),
      dialogue_(stream, options.trace, dialogue::LineEnds::crlf),
      failed_log_ins_(options.max_auth_failures, options.auth_delay) {
  session_.kind = options.kind;
  session_.hostname = options.hostname;
  session_.user = options.user;
  session_.local = stream.local_address();
  session_.peer = stream.peer_address();
  session_.tls = stream.tls();
}

SessionSummary ServerSession::run() {
  try {
    converse();
  } catch (EndOfSession& over) {
    summary_.end = over.end;
    summary_.detail = std::move(over.detail);
    say_goodbye({}, over.end == SessionEnd::quit ? options_.timeouts.write : net::Duration(seconds(2)));
  } catch (const net::Error& error) {
    summary_.detail = error.what();
    if (error.errc() == net::Errc::canceled) {
      summary_.end = SessionEnd::stopped;
      say_goodbye("421 4.3.2 Going out of service, please try again later", seconds(1));
    } else if (error.errc() == net::Errc::timeout) {
      summary_.end = SessionEnd::timeout;
      say_goodbye("421 4.4.2 Too slow, closing the connection", seconds(1));
    }
  } catch (const std::exception& error) {  // out of memory, or a trace that throws
    summary_.detail = error.what();
    say_goodbye("421 4.3.0 Trouble here, please try again later", seconds(1));
  }
  end_transaction();
  summary_.user = session_.user;
  summary_.auth_failures = failed_log_ins_.count();
  summary_.messages = session_.messages;
  return std::move(summary_);
}

/// Sends what is waiting and perhaps a last line, whatever state the session is in.
void ServerSession::say_goodbye(std::string_view line, net::Duration patience) noexcept {
  const net::Shield shield;
  try {
    if (!stream_.is_open() || dialogue_.broken()) {
      return;
    }
    if (!line.empty()) {
      say(line);
    }
    dialogue_.flush(patience);
  } catch (const std::exception&) {
    // It was a courtesy.
  }
}

void ServerSession::converse() {
  if (options_.implicit_tls) {
    if (!options_.tls) {
      throw posthouse::Error("implicit_tls without a TLS context", {.code = "smtp.usage"});
    }
    start_tls();
    backend_.changed(session_);
  }
  greet();
  for (;;) {
    if (stopping() && chunks_ == nullptr) {
      end_stopped();
    }
    const dialogue::Line line = read_line();
    ++summary_.commands;
    switch (line.state) {
      case dialogue::LineState::complete:
        handle(line.text);
        break;
      case dialogue::LineState::bare_lf:
        refuse_bare_lf();
      default:
        fault("500 5.5.2 Line too long");
    }
    dialogue_.end_line();
    if (dialogue_.replies().size() >= dialogue::ServerDialogue::flush_at) {
      flush_replies();
    }
  }
}

void ServerSession::greet() {
  const Reply reply = ask([&] { return backend_.connect(session_); });
  if (reply.positive()) {
    return say("220 " + options_.hostname + " ESMTP Posthouse");
  }
  ++summary_.refusals;
  turned_away_ = reply.permanent();
  // RFC 5321 section 3.1: no other codes than these two.
  dialogue_.say_lines(Reply{turned_away_ ? 554 : 421, {}, reply.text}.wire());
  if (!turned_away_) {
    throw EndOfSession{SessionEnd::refused, reply.to_string()};
  }
}

/// Waits for the next line of the client, a command or an answer to a challenge.
dialogue::Line ServerSession::read_line() {
  net::Deadline deadline;
  const dialogue::Line line = dialogue_.read_line(dialogue::max_auth_line, [&] {
    if (deadline.is_never()) {
      deadline = options_.timeouts.command;
    }
    fill(deadline);
  });
  if (line.state == dialogue::LineState::endless) {
    end(SessionEnd::refused, "421 4.7.0 Line without an end", "a line without an end");
  }
  return line;
}

void ServerSession::refuse_bare_lf() {
  end(SessionEnd::refused, "500 5.5.2 Lines end in CR LF here; a bare LF was received, closing the connection",
      "a bare LF");
}

void ServerSession::fill(net::Deadline deadline) {
  flush_replies();
  if (stream_.fill(deadline)) {
    return;
  }
  if (stopping()) {
    end_stopped();  // whoever stops the server may have ended our input to wake us
  }
  throw EndOfSession{SessionEnd::disconnected, "the client closed the connection"};
}

/// Sends the replies that wait. Cancellation does not keep back those that were there before it.
void ServerSession::flush_replies() {
  std::optional<net::Shield> shield;
  if (net::cancel_requested()) {
    shield.emplace();
  }
  dialogue_.flush(shield ? std::min(options_.timeouts.write, net::Duration(seconds(2))) : options_.timeouts.write);
  if (dialogue_.replies().capacity() > 4096) {
    dialogue_.rest();
  }
}

void ServerSession::start_tls() {
  summary_.tls_failed = true;
  dialogue_.start_tls(*options_.tls, options_.timeouts.tls);
  summary_.tls_failed = false;
  session_.tls = stream_.tls();
  log_in_context_.reset();
}

bool ServerSession::stopping() const noexcept {
  return options_.stopping != nullptr && options_.stopping->load(std::memory_order_relaxed);
}

void ServerSession::say(const Reply& reply) {
  if (reply.enhanced.empty()) {  // RFC 2034 section 4: every reply but the greeting and EHLO's has one
    const char digit = static_cast<char>('0' + reply.code / 100);
    dialogue_.say_lines(Reply{reply.code, {digit, '.', '0', '.', '0'}, reply.text}.wire());
  } else {
    dialogue_.say_lines(reply.wire());
  }
  if (reply.code == 421) {
    throw EndOfSession{SessionEnd::refused, reply.to_string()};
  }
}

/// Says yes as the backend worded it, or as usual where it did not care.
void ServerSession::say_accepted(const Reply& reply, std::string_view usual) {
  reply.text.empty() ? say(usual) : say(reply);
}

void ServerSession::fault(std::string_view line) {
  ++summary_.errors;
  count_error();
  say(line);
}

/// Whoever makes many errors is made to wait, as a guesser of recipients does, and then sent away.
void ServerSession::count_error() {
  if (++errors_ > options_.max_errors) {
    end(SessionEnd::refused, "421 4.7.0 Too many errors, closing the connection", "too many errors");
  }
  if (errors_ > options_.soft_errors && options_.error_delay > net::Duration::zero()) {
    flush_replies();
    net::sleep_for(options_.error_delay);
  }
}

void ServerSession::refusal(const Reply& reply) {
  if (++summary_.refusals > options_.max_refusals) {
    end(SessionEnd::refused, "421 4.7.0 Too many refusals, closing the connection", "too many refusals");
  }
  if (reply.permanent() && session_.user.empty()) {
    count_error();
  }
  say(reply);
}

void ServerSession::tell_refused(Refused what, std::string_view address, const std::string& reply) noexcept {
  static const Envelope none;
  backend_.refused(session_, in_transaction_ ? envelope_ : none, what, address, reply);
}

void ServerSession::fault(Refused what, std::string_view address, std::string_view line) {
  tell_refused(what, address, std::string(line));
  fault(line);
}

void ServerSession::refusal(Refused what, std::string_view address, const Reply& reply) {
  tell_refused(what, address, reply.to_string());
  refusal(reply);
}

void ServerSession::end(SessionEnd end, std::string_view line, std::string detail) {
  say(line);
  throw EndOfSession{end, std::move(detail)};
}

void ServerSession::end_stopped() {
  end(SessionEnd::stopped, "421 4.3.2 Going out of service, please try again later", "the server is stopping");
}

}  // namespace posthouse::smtp
