#include "posthouse/managesieve/server/server.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/dialogue/server_exchange.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/managesieve/server/server_session.h"
#include "posthouse/net/error.h"
#include "posthouse/sieve/language/extension.h"

namespace posthouse::managesieve {
namespace {

constexpr net::Duration stop_time = std::chrono::seconds(1);  // for the last answer of a session that is cancelled

}  // namespace

const ServerSession::Command ServerSession::commands[] = {
    {"AUTHENTICATE", stranger, 1, 2, &ServerSession::authenticate},
    {"STARTTLS", stranger, 0, 0, &ServerSession::starttls},
    {"LOGOUT", always, 0, 0, &ServerSession::logout},
    {"CAPABILITY", always, 0, 0, &ServerSession::capability},
    {"HAVESPACE", user, 2, 2, &ServerSession::havespace},
    {"PUTSCRIPT", user, 2, 2, &ServerSession::putscript},
    {"LISTSCRIPTS", user, 0, 0, &ServerSession::listscripts},
    {"SETACTIVE", user, 1, 1, &ServerSession::setactive},
    {"GETSCRIPT", user, 1, 1, &ServerSession::getscript},
    {"DELETESCRIPT", user, 1, 1, &ServerSession::deletescript},
    {"RENAMESCRIPT", user, 2, 2, &ServerSession::renamescript},
    {"CHECKSCRIPT", user, 1, 1, &ServerSession::checkscript},
    {"NOOP", always, 0, 1, &ServerSession::noop},
    {"UNAUTHENTICATE", user, 0, 0, &ServerSession::unauthenticate},
};

std::string Backend::extensions() {
  return fmt::format("{}", fmt::join(sieve::capabilities(), " "));
}

ServerSession::ServerSession(net::Stream& stream, const ServerOptions& options, Backend& backend)
    : stream_(stream),
      options_(options),
      backend_(backend),
      verifier_(backend.verifier()),
      dialogue_(stream, options.trace, dialogue::LineEnds::crlf),
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
  scripts_.reset();
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
  say_capabilities();
  ok(options_.hostname + " ManageSieve server ready");
  for (;;) {
    obey(read_sentence());
    flush_when_much();
  }
}

// Answers the sentence that was read.
void ServerSession::obey(SentenceState state) {
  Arguments arguments = std::move(reader_.tokens());
  reader_.tokens() = {};
  const Command* command = nullptr;
  if (!arguments.empty() && arguments.front().kind == Token::Kind::atom) {
    const auto* const found = std::find_if(std::begin(commands), std::end(commands), [&](const Command& known) {
      return iequals(arguments.front().text, known.verb);
    });
    command = found == std::end(commands) ? nullptr : found;
  }
  if (options_.trace) {
    trace_command(command, arguments);
  }
  if (stopping() && (command == nullptr || command->handler != &ServerSession::logout)) {
    bye(SessionEnd::stopped, "closing down, come again later", "TRYLATER");
  }
  if (state == SentenceState::endless) {
    bye(SessionEnd::refused, "that has no end", "QUOTA/MAXSIZE");
  }
  if (state == SentenceState::too_large) {
    return bad("that is too large", command && scripts_ ? "QUOTA/MAXSIZE" : "");
  }
  if (state == SentenceState::bad) {
    return bad("that follows no grammar");
  }
  if (command == nullptr) {
    return bad("unknown command");
  }
  arguments.erase(arguments.begin());
  execute(*command, arguments);
}

void ServerSession::execute(const Command& command, Arguments& arguments) {
  if (!(command.when & (scripts_ ? user : stranger))) {
    return bad(scripts_ ? "somebody is logged in" : "log in first");
  }
  if (arguments.size() < command.least || arguments.size() > command.most) {
    return bad(fmt::format("{} does not take {} arguments", command.verb, arguments.size()));
  }
  const bool numbered = command.handler == &ServerSession::havespace;
  for (const Token& argument : arguments) {
    if (!argument.is_string() && !(numbered && &argument == &arguments.back())) {
      return bad(fmt::format("{} takes strings, quoted or literal", command.verb));
    }
  }
  if (log_in_holds()) {
    run_command(command.handler, arguments);
  }
}

// Shows a command. What is none behind a log-in may be the rest of that, and is masked.
void ServerSession::trace_command(const Command* command, const Arguments& tokens) {
  if (command == nullptr && after_log_in_) {
    return options_.trace(net::Speaker::client, "***");
  }
  const bool log_in = command != nullptr && command->handler == &ServerSession::authenticate;
  std::string line;
  for (const Token& token : tokens) {
    line += line.empty() ? "" : " ";
    if (!token.is_string()) {
      line += printable(token.text);
    } else if (log_in && &token != &tokens[1]) {
      line += "***";
    } else if (token.text.size() > 512 || token.text.find('\n') != std::string::npos) {
      line += fmt::format("({} octets)", token.text.size());
    } else {
      line += '"' + printable(token.text, 512) + '"';
    }
  }
  after_log_in_ = log_in;
  options_.trace(net::Speaker::client, line);
}

// False when it cannot be told whether the user may still do anything, which has been answered. Ends the session of one
// who may not.
bool ServerSession::log_in_holds() {
  if (!scripts_) {
    return true;
  }
  bool holds = false;
  try {
    holds = log_in_.holds(verifier_, options_.log_in_check);
  } catch (const std::exception& error) {
    note(error.what());
    no("that cannot be done now, try again later", "TRYLATER");
    return false;
  }
  if (!holds) {
    note("the log-in was revoked");
    bye(SessionEnd::refused, "the log-in is good no more");
  }
  return true;
}

// What the back end throws becomes the answer, unless a part of another answer is already on its way.
void ServerSession::run_command(Handler handler, Arguments& arguments) {
  const auto mark = dialogue_.mark();
  try {
    (this->*handler)(arguments);
  } catch (const std::exception& error) {
    note(error.what());
    if (!dialogue_.take_back(mark)) {
      over(SessionEnd::failed);
    }
    no("that cannot be done now, try again later", "TRYLATER");
  }
}

// The next sentence of the client. All of it must come within the time that silence may last, so that an octet a minute
// does not hold a session.
SentenceState ServerSession::read_sentence() {
  SentenceLimits limits;
  limits.literals = scripts_ ? options_.max_script + room_for_names : dialogue::max_response;
  reader_.set_limits(limits);
  net::Deadline deadline;
  for (;;) {
    const SentenceStep step = reader_.read(stream_.buffered());
    stream_.consume(step.size);
    if (step.state != SentenceState::more) {
      return step.state;
    }
    flush();
    if (deadline.is_never()) {
      deadline = net::Deadline::after(options_.timeouts.command);
      if (!scripts_) {
        deadline = net::Deadline::earlier(deadline, login_deadline_);
      }
    }
    fill(deadline);
  }
}

// Waits until more input is buffered. Whoever waits too long is told so (RFC 5804 section 1.2).
void ServerSession::fill(net::Deadline deadline) {
  const net::Deadline soon = net::Deadline::after(options_.timeouts.rest);
  try {
    if (soon.moment() < deadline.moment() && !stream_.wait_readable(soon)) {
      dialogue_.rest();
    }
    if (stream_.fill(deadline)) {
      return;
    }
  } catch (const net::Error& error) {
    if (error.errc() != net::Errc::timeout) {
      connection_failed(error);
    }
    note(error.what());
    bye(SessionEnd::timeout, "nothing came for too long");
  }
  over(stopping() ? SessionEnd::stopped : SessionEnd::disconnected);
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

void ServerSession::say(std::string_view result, std::string_view code, std::string_view text) {
  std::string line(result);
  if (!code.empty()) {
    line.append(" (").append(code).append(")");
  }
  if (!text.empty()) {
    line += ' ';
    append_string(line, text, Side::server);
  }
  dialogue_.say_lines(line.append("\r\n"));
  if (result == "OK") {
    errors_ = 0;
  }
}

void ServerSession::bad(std::string_view text, std::string_view code) {
  no(text, code);
  if (++errors_ >= options_.max_errors) {
    bye(SessionEnd::refused, "too many errors");
  }
}

void ServerSession::bye(SessionEnd end, std::string_view text, std::string_view code) {
  say("BYE", code, text);
  flush();
  over(end);
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
    case SessionEnd::logout:
      return "logout";
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

}  // namespace posthouse::managesieve
