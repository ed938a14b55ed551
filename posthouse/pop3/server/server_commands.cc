// The commands of the TRANSACTION state, and those of any state.
#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/dialogue/dot_encoder.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/pop3/server/server_session.h"
#include "posthouse/pop3/wire/number.h"
#include "posthouse/pop3/wire/top_cutter.h"

namespace posthouse::pop3 {

// RFC 2449 section 5. What is listed depends on the state only where a capability makes no sense any more.
void ServerSession::capa(std::string_view) {
  reply("+OK what this server can do");
  std::string& lines = dialogue_.replies();
  lines += "TOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nEXPIRE NEVER\r\n";
  if (const std::string mechanisms = dialogue::mechanisms_now(log_in_state(), verifier_, log_in_context());
      !mechanisms.empty()) {
    lines += "USER\r\nSASL " + mechanisms + "\r\n";
  }
  if (!maildrop_ && !session_.tls && options_.tls) {
    lines += "STLS\r\n";
  }
  lines += "IMPLEMENTATION Posthouse\r\n.\r\n";
}

void ServerSession::noop(std::string_view) {
  reply("+OK");
}

// RFC 1939 section 6. The lock is given up before the answer is sent, so that the client finds the maildrop free.
void ServerSession::quit(std::string_view) {
  if (!maildrop_) {
    reply("+OK bye");
    flush();
    over(SessionEnd::quit);
  }
  std::vector<std::size_t> marked;
  for (std::size_t index = 0; index < deleted_.size(); ++index) {
    if (deleted_[index]) {
      marked.push_back(index);
    }
  }
  bool done = true;
  std::optional<net::Shield> shield(std::in_place);  // a server that stops now still does what QUIT asks, and says so
  try {
    if (!marked.empty()) {
      maildrop_->remove(marked);
    }
    summary_.removed = marked.size();
  } catch (const std::exception& error) {
    note(error.what());
    done = false;
  }
  maildrop_.reset();
  if (!net::cancel_requested()) {
    shield.reset();
  }
  if (done) {
    reply(marked.empty() ? "+OK bye" : "+OK bye, " + std::to_string(marked.size()) + " messages removed");
  } else {
    reply("-ERR [SYS/TEMP] the deleted messages could not be removed");
  }
  flush();
  over(SessionEnd::quit);
}

void ServerSession::stat(std::string_view) {
  reply("+OK " + std::to_string(count_) + ' ' + std::to_string(octets_));
}

// The index of the message `text` names; answers -ERR and returns nothing when there is no such message.
std::optional<std::size_t> ServerSession::message_number(std::string_view text) {
  const auto number = parse_number(trim(text));
  if (!number) {
    bad_command("-ERR the argument is a message number");
    return std::nullopt;
  }
  if (*number == 0 || *number > maildrop_->count()) {
    reply("-ERR no such message");
    return std::nullopt;
  }
  const auto index = static_cast<std::size_t>(*number - 1);
  if (deleted(index)) {
    reply("-ERR message " + std::to_string(*number) + " is deleted");
    return std::nullopt;
  }
  return index;
}

// Answers for a message that went while the session was on.
void ServerSession::gone(std::size_t index) {
  reply("-ERR message " + std::to_string(index + 1) + " has gone");
}

// LIST and UIDL: one message, or all that are not marked. `append_entry` adds what stands behind the number, or returns
// false when the message has gone.
template <class Append>
void ServerSession::listing(std::string_view arguments, std::string_view title, Append append_entry) {
  if (!trim(arguments).empty()) {
    const auto index = message_number(arguments);
    if (!index) {
      return;
    }
    std::string line = "+OK " + std::to_string(*index + 1) + ' ';
    return append_entry(line, *index) ? reply(line) : gone(*index);
  }
  reply(title);
  std::string& out = dialogue_.replies();
  const std::size_t count = maildrop_->count();
  for (std::size_t index = 0; index < count; ++index) {
    if (deleted(index)) {
      continue;
    }
    const std::size_t begin = out.size();
    out.append(std::to_string(index + 1)).push_back(' ');
    if (append_entry(out, index)) {
      out += "\r\n";
    } else {
      out.resize(begin);
    }
    flush_when_much();
  }
  out += ".\r\n";
}

void ServerSession::list(std::string_view arguments) {
  listing(arguments, fmt::format("+OK {} messages, {} octets", count_, octets_),
          [this](std::string& line, std::size_t index) {
            const auto size = maildrop_->size(index);
            line += std::to_string(size.value_or(0));
            return size.has_value();
          });
}

void ServerSession::uidl(std::string_view arguments) {
  listing(arguments, "+OK unique ids follow", [this](std::string& line, std::size_t index) {
    line += maildrop_->uidl(index);
    return true;
  });
}

// Answers with message `index`: whole, or its head and `body_lines` lines.
void ServerSession::send_message(std::size_t index, std::string_view status_line, std::size_t body_lines, bool whole) {
  reply(status_line);
  dialogue::DotEncoder encoder(dialogue::Mending::mend_lf);
  const auto write = [&out = dialogue_.replies()](std::string_view octets) { out += octets; };
  TopCutter cutter(body_lines);
  std::uint64_t octets = 0;
  const Sink sink = [&](std::string_view chunk) {
    octets += chunk.size();
    for (; !chunk.empty() && (whole || !cutter.done()); chunk.remove_prefix(std::min(piece, chunk.size()))) {
      const std::string_view part = chunk.substr(0, piece);
      encoder.add(whole ? part : cutter.take(part), write);
      flush_when_much();
    }
    return whole || !cutter.done();
  };
  maildrop_->retrieve(index, sink);
  encoder.finish(write);
  summary_.octets += octets;
  if (whole) {
    ++summary_.retrieved;
  }
  if (dialogue_.tracer().active()) {
    dialogue_.tracer().note("a message of " + std::to_string(octets) + " octets");
  }
}

void ServerSession::retr(std::string_view arguments) {
  const auto index = message_number(arguments);
  if (!index) {
    return;
  }
  const auto size = maildrop_->size(*index);
  if (!size) {
    return gone(*index);
  }
  send_message(*index, "+OK " + std::to_string(*size) + " octets", 0, true);
}

void ServerSession::top(std::string_view arguments) {
  const std::string_view number = take_word(arguments);
  const auto lines = parse_number(trim(arguments));
  if (!lines) {
    return bad_command("-ERR TOP takes a message number and a number of lines");
  }
  const auto index = message_number(number);
  if (!index) {
    return;
  }
  if (!maildrop_->size(*index)) {
    return gone(*index);
  }
  send_message(*index, "+OK top of message follows", static_cast<std::size_t>(*lines), false);
}

void ServerSession::dele(std::string_view arguments) {
  const auto index = message_number(arguments);
  if (!index) {
    return;
  }
  const auto size = maildrop_->size(*index);
  if (!size) {
    return gone(*index);
  }
  if (deleted_.empty()) {
    deleted_.resize(maildrop_->count());
  }
  deleted_[*index] = true;
  --count_;
  octets_ -= *size;
  reply("+OK message " + std::to_string(*index + 1) + " marked as deleted");
}

void ServerSession::rset(std::string_view) {
  count_ = maildrop_->count();
  octets_ = maildrop_->octets();
  deleted_ = {};
  reply(fmt::format("+OK maildrop has {} messages, {} octets", count_, octets_));
}

}  // namespace posthouse::pop3
