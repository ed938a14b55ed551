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
    {"UTF8", authorization, &ServerSession::utf8}, {"LANG", always, &ServerSession::lang},
};

ServerSession::ServerSession(net::Stream& stream, const ServerOptions& options, Backend& backend)
    : stream_(stream),
      options_(options),
      backend_(backend),
      verifier_(backend.verifier()),
      dialogue_(stream, options.trace, dialogue::LineEnds::lf_too),
      failed_log_ins_(options.max_auth_failures, options.auth_delay),
      login_deadline_(net::Deadline::after(options.timeouts.log_in)) {
  session_.peer = stream.peer_address();
  session_.local = stream.local_address();
  session_.tls = stream.tls();
}

SessionSummary ServerSession::run() {
  try {
    converse();
  } catch (const SessionOver& over) {
    summary_.end = over.end;
  } catch (const std::exception& error) {
    summary_.end = SessionEnd::failed;
    note(error.what());
  }
  maildrop_.reset();
  summary_.auth_failures = failed_log_ins_.count();
  return std::move(summary_);
}

// A failure of the connection, for which there is nobody left to answer.
void ServerSession::connection_failed(const net::Error& error) {
  note(error.what());
  over(error.errc() == net::Errc::timeout    ? SessionEnd::timeout
       : error.errc() == net::Errc::canceled ? SessionEnd::stopped
                                             : SessionEnd::disconnected);
}

void ServerSession::converse() {
  if (options_.implicit_tls && !session_.tls) {
    start_tls();
  }
  reply_line("+OK " + options_.hostname + " POP3 server ready");
  for (;;) {
    const dialogue::Line line = read_line(max_line);
    if (line.state == dialogue::LineState::complete) {
      execute(line.text);
    } else {
      bad_command(text::too_long);
    }
    dialogue_.end_line();
    flush_when_much();
  }
}

void ServerSession::execute(std::string_view line) {
  std::string_view arguments = line;
  const std::string_view verb = line.substr(0, line.find(' '));
  arguments.remove_prefix(std::min(arguments.size(), verb.size() + 1));
  const auto command = std::find_if(std::begin(commands), std::end(commands),
                                    [&](const Command& known) { return iequals(verb, known.verb); });
  dialogue_.tracer().command(line, command != std::end(commands));
  if (stopping() && !iequals(verb, "QUIT")) {
    reply(text::closing);
    flush();
    over(SessionEnd::stopped);
  }
  if (line.find('\0') != std::string_view::npos) {
    return bad_command(text::no_nul);
  }
  if (command == std::end(commands)) {
    return bad_command(text::unknown_command);
  }
  if (!(command->when & (maildrop_ ? transaction : authorization))) {
    return bad_command(maildrop_ ? text::logged_in_already : text::log_in_first);
  }
  if (log_in_holds()) {
    run_command(command->handler, arguments);
  }
}

// False when it cannot be told whether the user may still read, which has been answered. Ends the session of one who
// may not.
bool ServerSession::log_in_holds() {
  if (!maildrop_) {
    return true;
  }
  bool holds = false;
  try {
    holds = log_in_.holds(verifier_, options_.log_in_check);
  } catch (const std::exception& error) {
    note(error.what());
    reply(text::cannot_read);
    return false;
  }
  if (!holds) {
    note("the log-in was revoked");
    reply(text::revoked);
    flush();
    over(SessionEnd::refused);
  }
  return true;
}

// What the back end throws becomes the answer, unless a part of another answer is already on its way.
void ServerSession::run_command(Handler handler, std::string_view arguments) {
  const auto mark = dialogue_.mark();
  try {
    (this->*handler)(arguments);
  } catch (const std::exception& error) {
    note(error.what());
    if (!dialogue_.take_back(mark)) {
      over(SessionEnd::failed);
    }
    reply(text::cannot_read);
  }
}

// The next line of the client, of `limit` octets at most. All of it must come within the time that silence may last, so
// that an octet a minute does not hold a session.
dialogue::Line ServerSession::read_line(std::size_t limit) {
  net::Deadline deadline;
  const dialogue::Line line = dialogue_.read_line(limit, [&] {
    flush();
    if (deadline.is_never()) {
      deadline = net::Deadline::after(options_.timeouts.command);
      if (!maildrop_) {
        deadline = net::Deadline::earlier(deadline, login_deadline_);
      }
    }
    if (!fill(deadline)) {
      over(stopping() ? SessionEnd::stopped : SessionEnd::disconnected);
    }
  });
  if (line.state == dialogue::LineState::endless) {
    reply(text::endless);
    flush();
    over(SessionEnd::refused);
  }
  return line;
}

// Waits until more input is buffered; false at its end.
bool ServerSession::fill(net::Deadline deadline) {
  const net::Deadline soon = net::Deadline::after(options_.timeouts.rest);
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
  dialogue_.rest();
  if (maildrop_) {
    maildrop_->rest();
  }
}

void ServerSession::flush() {
  try {
    dialogue_.flush(net::Deadline::after(net::cancel_requested() ? stop_time : options_.timeouts.write));
  } catch (const net::Error& error) {
    connection_failed(error);
  }
}

void ServerSession::flush_when_much() {
  if (dialogue_.replies().size() >= flush_at) {
    flush();
  }
}

void ServerSession::reply_line(std::string_view status_line) {
  dialogue_.say(status_line);
  if (status_line.front() == '+') {
    errors_ = 0;
  }
}

void ServerSession::bad_line(std::string_view status_line) {
  reply_line(status_line);
  if (++errors_ < options_.max_errors) {
    return;
  }
  reply(text::too_many_errors);
  flush();
  over(SessionEnd::refused);
}

// Remembers what went wrong last, for the log.
void ServerSession::note(std::string_view trouble) {
  summary_.detail = trouble;
  dialogue_.tracer().note(summary_.detail);
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
