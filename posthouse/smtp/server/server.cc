#include "posthouse/smtp/server/server.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "posthouse/net/error.h"
#include "posthouse/smtp/server/server_session.h"

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
    : stream_(stream), options_(options), backend_(backend) {
  session_.kind = options.kind;
  session_.hostname = options.hostname;
  session_.local = stream.local_address();
  session_.peer = stream.peer_address();
  session_.tls = stream.tls();
}

SessionSummary ServerSession::run() {
  const net::Duration usual_timeout = stream_.timeout();
  stream_.set_timeout(options_.timeouts.write);
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
  if (stream_.is_open()) {
    stream_.set_timeout(usual_timeout);
  }
  summary_.user = session_.user;
  summary_.messages = session_.messages;
  return std::move(summary_);
}

/// Sends what is waiting and perhaps a last line, whatever state the session is in.
void ServerSession::say_goodbye(std::string_view line, net::Duration patience) noexcept {
  const net::Shield shield;
  try {
    if (!stream_.is_open() || replies_lost_) {
      return;
    }
    if (!line.empty()) {
      say(line);
    }
    stream_.flush(patience);
  } catch (const std::exception&) {
    // It was a courtesy.
  }
}

void ServerSession::converse() {
  if (options_.implicit_tls) {
    if (!options_.tls) {
      throw posthouse::Error("implicit_tls without a TLS context", {.code = "smtp.usage"});
    }
    stream_.start_tls_server(*options_.tls, options_.timeouts.tls);
    note_tls();
  }
  greet();
  for (;;) {
    if (stopping()) {
      end_stopped();
    }
    const Line line = read_line(max_auth_line);
    ++summary_.commands;
    switch (line.state) {
      case LineState::complete:
        handle(line.text);
        break;
      case LineState::too_long:
        fault("500 5.5.2 Line too long");
        break;
      case LineState::bare_lf:
        end(SessionEnd::refused, "500 5.5.2 Lines end in CR LF here; a bare LF was received, closing the connection",
            "bare LF in a command");
    }
    end_line();
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
  write(Reply{turned_away_ ? 554 : 421, {}, reply.text}.wire());
  if (!turned_away_) {
    throw EndOfSession{SessionEnd::refused, reply.to_string()};
  }
}

/// Waits for the next line, with `limit` octets at most, and leaves it in the stream's buffer until end_line().
ServerSession::Line ServerSession::read_line(std::size_t limit) {
  std::size_t searched = 0;
  net::Deadline deadline;
  for (;;) {
    const std::string_view input = stream_.buffered();
    const void* found = input.empty() ? nullptr : std::memchr(input.data() + searched, '\n', input.size() - searched);
    if (found != nullptr) {
      const auto lf = static_cast<std::size_t>(static_cast<const char*>(found) - input.data());
      line_size_ = lf + 1;
      if (line_size_ > limit) {
        return {LineState::too_long, {}};
      }
      if (lf == 0 || input[lf - 1] != '\r') {
        return {LineState::bare_lf, {}};
      }
      return {LineState::complete, input.substr(0, lf - 1)};
    }
    searched = input.size();
    if (deadline.is_never()) {
      deadline = options_.timeouts.command;
    }
    if (searched > limit) {
      skip_long_line(deadline);
      return {LineState::too_long, {}};
    }
    fill(deadline);
  }
}

/// Drops what comes up to the end of the line.
void ServerSession::skip_long_line(net::Deadline deadline) {
  for (std::size_t skipped = 0;;) {
    const std::string_view input = stream_.buffered();
    const std::size_t lf = input.find('\n');
    if (lf != std::string_view::npos) {
      line_size_ = lf + 1;
      return;
    }
    skipped += input.size();
    stream_.consume(input.size());
    if (skipped > max_skipped) {
      end(SessionEnd::refused, "421 4.7.0 Line without an end", "a line without an end");
    }
    fill(deadline);
  }
}

void ServerSession::end_line() {
  stream_.consume(line_size_);
  line_size_ = 0;
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
  replies_lost_ = true;
  stream_.flush(shield ? std::min(options_.timeouts.write, net::Duration(seconds(2))) : options_.timeouts.write);
  replies_lost_ = false;
}

/// Writes replies, to be sent with the next flush, or at once when there are many.
void ServerSession::send(std::string_view octets) {
  replies_lost_ = true;
  stream_.write_later(octets);
  replies_lost_ = false;
}

void ServerSession::note_tls() {
  session_.tls = stream_.tls();
  if (options_.trace && session_.tls) {
    remark(session_.tls->version + ", " + session_.tls->cipher + " from here on");
  }
}

bool ServerSession::stopping() const noexcept {
  return options_.stopping != nullptr && options_.stopping->load(std::memory_order_relaxed);
}

void ServerSession::write(std::string_view lines) {
  if (options_.trace) {
    for (std::string_view rest = lines; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
      options_.trace(net::Speaker::server, rest.substr(0, rest.find('\r')));
    }
  }
  send(lines);
}

void ServerSession::say(std::string_view line) {
  if (options_.trace) {
    options_.trace(net::Speaker::server, line);
  }
  send(line);
  send("\r\n");
}

void ServerSession::say(const Reply& reply) {
  if (reply.enhanced.empty()) {  // RFC 2034 section 4: every reply but the greeting and EHLO's has one
    const char digit = static_cast<char>('0' + reply.code / 100);
    write(Reply{reply.code, {digit, '.', '0', '.', '0'}, reply.text}.wire());
  } else {
    write(reply.wire());
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
  if (++errors_ > options_.max_errors) {
    end(SessionEnd::refused, "421 4.7.0 Too many errors, closing the connection", "too many errors");
  }
  say(line);
}

void ServerSession::refusal(const Reply& reply) {
  if (++summary_.refusals > options_.max_refusals) {
    end(SessionEnd::refused, "421 4.7.0 Too many refusals, closing the connection", "too many refusals");
  }
  say(reply);
}

void ServerSession::end(SessionEnd end, std::string_view line, std::string detail) {
  say(line);
  throw EndOfSession{end, std::move(detail)};
}

void ServerSession::end_stopped() {
  end(SessionEnd::stopped, "421 4.3.2 Going out of service, please try again later", "the server is stopping");
}

void ServerSession::show(std::string_view line) {
  if (options_.trace) {
    options_.trace(net::Speaker::client, line);
  }
}

void ServerSession::remark(const std::string& text) {
  if (options_.trace) {
    options_.trace(net::Speaker::note, text);
  }
}

}  // namespace posthouse::smtp
