#include "posthouse/pop3/server/server.h"

#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/net/error.h"
#include "posthouse/pop3/server/server_session.h"

namespace posthouse::pop3 {
namespace {

constexpr net::Duration stop_time = std::chrono::seconds(1);  // for the last answer of a session that is cancelled

}  // namespace

const ServerSession::Command ServerSession::commands[] = {
    {"RETR", transaction, &ServerSession::retr},   {"DELE", transaction, &ServerSession::dele},
    {"LIST", transaction, &ServerSession::list},   {"UIDL", transaction, &ServerSession::uidl},
    {"TOP", transaction, &ServerSession::top},     {"STAT", transaction, &ServerSession::stat},
    {"RSET", transaction, &ServerSession::rset},   {"NOOP", transaction, &ServerSession::noop},
    {"CAPA", always, &ServerSession::capa},        {"USER", authorization, &ServerSession::user},
    {"PASS", authorization, &ServerSession::pass}, {"AUTH", authorization, &ServerSession::auth},
    {"STLS", authorization, &ServerSession::stls}, {"QUIT", always, &ServerSession::quit},
};

ServerSession::ServerSession(net::Stream& stream, const ServerOptions& options, Backend& backend)
    : stream_(stream), options_(options), backend_(backend), login_deadline_(net::Deadline::after(options.login_time)) {
  session_.peer = stream.peer_address();
  session_.local = stream.local_address();
  session_.tls = stream.is_tls();
}

SessionSummary ServerSession::run() {
  try {
    dialogue();
  } catch (const SessionOver& over) {
    summary_.end = over.end;
  } catch (const std::exception& error) {
    summary_.end = SessionEnd::failed;
    note(error);
  }
  maildrop_.reset();
  return std::move(summary_);
}

// A failure of the connection, for which there is nobody left to answer.
void ServerSession::connection_failed(const net::Error& error) {
  note(error);
  over(error.errc() == net::Errc::timeout    ? SessionEnd::timeout
       : error.errc() == net::Errc::canceled ? SessionEnd::stopped
                                             : SessionEnd::disconnected);
}

void ServerSession::dialogue() {
  if (options_.implicit_tls && !session_.tls) {
    start_tls();
  }
  reply("+OK " + options_.hostname + " POP3 server ready");
  for (;;) {
    const Line read = read_line(max_line);
    if (read == Line::end) {
      over(stopping() ? SessionEnd::stopped : SessionEnd::disconnected);
    }
    if (read == Line::too_long) {
      bad_command("-ERR command line too long");
    } else {
      execute();
    }
    if (out_.size() >= flush_at) {
      flush();
    }
  }
}

void ServerSession::execute() {
  if (options_.trace) {
    trace_command();
  }
  std::string_view arguments = line_;
  const std::string_view verb = arguments.substr(0, arguments.find(' '));
  arguments.remove_prefix(std::min(arguments.size(), verb.size() + 1));
  if (stopping() && !iequals(verb, "QUIT")) {
    reply("-ERR [SYS/TEMP] closing down, come again later");
    flush();
    over(SessionEnd::stopped);
  }
  if (line_.find('\0') != std::string::npos) {
    return bad_command("-ERR a command holds no NUL");
  }
  for (const Command& command : commands) {
    if (!iequals(verb, command.verb)) {
      continue;
    }
    if (!(command.when & (maildrop_ ? transaction : authorization))) {
      return bad_command(maildrop_ ? "-ERR already logged in" : "-ERR log in first");
    }
    return run_command(command.handler, arguments);
  }
  bad_command("-ERR unknown command");
}

// What the back end throws becomes the answer, unless a part of another answer is already on its way.
void ServerSession::run_command(Handler handler, std::string_view arguments) {
  const std::size_t mark = out_.size();
  const std::size_t flushes_before = flushes_;
  try {
    (this->*handler)(arguments);
  } catch (const std::exception& error) {
    note(error);
    if (flushes_ != flushes_before) {
      over(SessionEnd::failed);
    }
    out_.resize(mark);
    reply("-ERR [SYS/TEMP] the maildrop cannot be read now, try again later");
  }
}

// Reads the next line into line_, without its line end. Of a line beyond the limit nothing is kept, and it is reported
// once, when its end has come.
ServerSession::Line ServerSession::read_line(std::size_t limit) {
  line_.clear();
  bool skipping = false;
  for (;;) {
    const std::string_view input = stream_.buffered();
    const std::size_t lf = input.find('\n');
    if (lf != std::string_view::npos) {
      const bool fits = !skipping && lf < limit;
      if (fits) {
        line_.assign(input.substr(0, lf > 0 && input[lf - 1] == '\r' ? lf - 1 : lf));
      }
      stream_.consume(lf + 1);
      return fits ? Line::whole : Line::too_long;
    }
    if (input.size() >= limit) {
      skipping = true;
    }
    if (skipping) {
      stream_.consume(input.size());
    }
    if (!more_input()) {
      return Line::end;
    }
  }
}

// Sends the batch and waits until more input is buffered; false at its end. All of a command must have come within the
// time that silence may last, so that a byte a minute does not hold a session.
bool ServerSession::more_input() {
  flush();
  const net::Deadline silence = net::Deadline::after(options_.inactivity);
  const net::Deadline deadline = maildrop_ ? silence : net::Deadline::earlier(silence, login_deadline_);
  const net::Deadline soon = net::Deadline::after(options_.rest_after);
  try {
    if (soon.moment() < deadline.moment() && !stream_.wait_readable(soon)) {
      rest();
    }
    return stream_.fill(deadline);
  } catch (const net::Error& error) {
    connection_failed(error);
  }
}

void ServerSession::rest() noexcept {
  std::string().swap(out_);
  if (maildrop_) {
    maildrop_->rest();
  }
}

void ServerSession::flush() {
  if (out_.empty()) {
    return;
  }
  ++flushes_;
  try {
    stream_.write(out_, net::Deadline::after(net::cancel_requested() ? stop_time : options_.write_timeout));
  } catch (const net::Error& error) {
    connection_failed(error);
  }
  out_.clear();
}

void ServerSession::reply(std::string_view status_line) {
  if (options_.trace) {
    trace(net::Speaker::server, status_line);
  }
  out_.append(status_line).append("\r\n");
  if (status_line.front() == '+') {
    errors_ = 0;
  }
}

void ServerSession::bad_command(std::string_view status_line) {
  reply(status_line);
  if (++errors_ < options_.max_errors) {
    return;
  }
  reply("-ERR too many errors");
  flush();
  over(SessionEnd::refused);
}

void ServerSession::trace(net::Speaker who, std::string_view line) const {
  if (options_.trace) {
    options_.trace(who, line);
  }
}

// Remembers what went wrong last, for the log.
void ServerSession::note(const std::exception& error) {
  summary_.detail = error.what();
  trace(net::Speaker::note, summary_.detail);
}

void ServerSession::trace_command() const {
  if (istarts_with(line_, "PASS ")) {
    return trace(net::Speaker::client, "PASS ****");
  }
  if (istarts_with(line_, "AUTH ")) {
    const std::size_t initial = line_.find(' ', 5);
    if (initial != std::string::npos) {
      return trace(net::Speaker::client, line_.substr(0, initial) + " ****");
    }
  }
  trace(net::Speaker::client, line_);
}

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
    case SessionEnd::failed:
      return "failed";
  }
  return "unknown";
}

}  // namespace posthouse::pop3
