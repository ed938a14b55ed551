#include "posthouse/imap/server/server.h"

#include <utility>

#include "posthouse/dialogue/server_exchange.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/imap/server/server_session.h"

namespace posthouse::imap {
namespace {

// An ID of 30 fields with names of 30 octets and values of 1,024 (RFC 2971 section 3.3) is the longest line that a client
// may want to say before the log-in; an answer to AUTHENTICATE is shorter.
constexpr std::size_t max_id_line = 40 * 1024;
static_assert(max_id_line > dialogue::max_auth_line);

CommandLimits before_log_in() {
  CommandLimits limits;
  limits.line = max_id_line;
  limits.literal = 4096;
  limits.command = max_id_line + 4096;
  limits.non_synchronizing = 4096;
  limits.skipped = 64 * 1024;
  limits.ranges = limits.items = limits.search_keys = 100;
  return limits;
}

constexpr net::Duration bye_time = std::chrono::seconds(5);  // for the last word to a client that was silent

}  // namespace

ServerSession::ServerSession(net::Stream& stream, const ServerOptions& options, Backend& backend)
    : stream_(stream),
      options_(options),
      backend_(backend),
      verifier_(backend.verifier()),
      dialogue_(stream, options.trace, dialogue::LineEnds::lf_too),
      outlet_(dialogue_, options.timeouts),
      reader_(before_log_in()),
      failed_log_ins_(options.max_auth_failures, options.auth_delay),
      login_deadline_(net::Deadline::after(options.timeouts.log_in)) {
  session_.peer = stream.peer_address();
  session_.local = stream.local_address();
  session_.tls = stream.tls();
  choose_capabilities();
}

SessionSummary ServerSession::run() {
  try {
    converse();
  } catch (const SessionOver& over) {
    summary_.end = over.end;
    if (!over.detail.empty()) {
      note(over.detail);
    }
  } catch (const std::exception& error) {
    summary_.end = SessionEnd::failed;
    note(error.what());
  }
  delivery_.reset();
  mailbox_.reset();
  account_.reset();
  summary_.auth_failures = failed_log_ins_.count();
  return std::move(summary_);
}

void ServerSession::forget_log_in() {
  delivery_.reset();
  end_notifying();
  deselect();
  account_.reset();
  log_in_ = {};
  session_.user.clear();
  session_.user_id = 0;
  session_.mechanism.clear();
  backend_.changed(session_);
  enabled_ = {};
  choose_capabilities();
  use_style();
  reader_.limits() = before_log_in();
  login_deadline_ = net::Deadline::after(options_.timeouts.log_in);
}

void ServerSession::converse() {
  if (options_.implicit_tls && !session_.tls) {
    start_tls();
  }
  outlet_.untagged_ok({"CAPABILITY", capabilities_now()}, options_.hostname + " Posthouse ready");
  for (;;) {
    const CommandStep step = reader_.read(stream_.buffered());
    if (step.event == CommandEvent::octets) {
      append_octets(step.octets);
    }
    stream_.consume(step.size);
    between_commands_ = between_commands_ && step.size == 0;
    handle(step.event);
    if (step.event != CommandEvent::more) {
      continue;
    }
    if (!notifying_) {
      wait_for_input();
    } else if (!wait_for_input_or_news()) {
      static_cast<void>(guarded([&]() -> Answer {
        tell_news();
        return std::nullopt;
      }));
    }
  }
}

void ServerSession::handle(CommandEvent event) {
  switch (event) {
    case CommandEvent::proceed:
      outlet_.proceed("Go on");
      break;
    case CommandEvent::part:
      append_part();
      break;
    case CommandEvent::command:
      execute(std::move(reader_.command()));
      patience_ = {};
      between_commands_ = true;
      break;
    case CommandEvent::bad:
      delivery_.reset();
      refuse_command();
      patience_ = {};
      between_commands_ = true;
      break;
    case CommandEvent::more:
    case CommandEvent::octets:
    case CommandEvent::line:
      break;
  }
}

// What came is no command.
void ServerSession::refuse_command() {
  const CommandRefusal& refusal = reader_.refusal();
  dialogue_.tracer().note("no command: " + refusal.text);
  if (refusal.close) {
    bye(refusal.text, ResponseCode::word("TOOBIG"));
    over(SessionEnd::refused);
  }
  outlet_.tagged(refusal.tag,
                 {response::Condition::bad,
                  refusal.too_big ? std::optional(ResponseCode::word("TOOBIG")) : std::nullopt, refusal.text});
  count_error();
}

void ServerSession::count_error() {
  if (++errors_ < options_.max_errors) {
    return;
  }
  bye("Too many errors");
  over(SessionEnd::refused);
}

// The last word.
void ServerSession::bye(std::string_view text, std::optional<ResponseCode> code) {
  outlet_.untagged(response::Status{response::Condition::bye, std::move(code), std::string(text)});
  outlet_.flush();
}

// All of a command must come within the time that silence may last, so that an octet a minute does not hold a session.
net::Deadline ServerSession::patience() {
  if (patience_.is_never()) {
    patience_ = net::Deadline::after(options_.timeouts.command);
    if (!account_) {
      patience_ = net::Deadline::earlier(patience_, login_deadline_);
    }
  }
  return patience_;
}

void ServerSession::wait_for_input() {
  outlet_.flush();
  try {
    fill();
  } catch (const net::Error& error) {
    input_failed(error);
  }
}

// Waits for more octets, holding little.
void ServerSession::fill() {
  const net::Deadline deadline = patience();
  const net::Deadline soon = net::Deadline::after(options_.timeouts.rest);
  if (soon.moment() < deadline.moment() && !stream_.wait_readable(soon)) {
    rest();
  }
  if (!stream_.fill(deadline)) {
    over(stopping() ? SessionEnd::stopped : SessionEnd::disconnected);
  }
}

// Whoever was silent for too long is told, if that can be done.
void ServerSession::input_failed(const net::Error& error) {
  const SessionOver over = connection_failed(error);
  if (over.end != SessionEnd::disconnected) {
    const net::Shield shield;
    const net::DeadlineScope limit(net::Deadline::after(bye_time));
    try {
      bye(over.end == SessionEnd::timeout ? "Silent for too long" : "Closing down");
    } catch (const SessionOver&) {
    }
  }
  throw over;
}

void ServerSession::rest() noexcept {
  dialogue_.rest();
  if (mailbox_) {
    mailbox_->rest();
  }
}

// A line that is no command: an answer of AUTHENTICATE, or DONE.
dialogue::Line ServerSession::read_answer(std::size_t limit) {
  reader_.expect_line(limit);
  patience_ = {};
  for (;;) {
    const CommandStep step = reader_.read(stream_.buffered());
    stream_.consume(step.size);
    if (step.event == CommandEvent::line) {
      return {dialogue::LineState::complete, step.octets, 0};
    }
    if (step.event != CommandEvent::more) {
      return {dialogue::LineState::too_long};
    }
    wait_for_input();
  }
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
    case SessionEnd::logged_out:
      return "logged out";
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
    case SessionEnd::removed:
      return "mailbox removed";
  }
  return "unknown";
}

}  // namespace posthouse::imap
