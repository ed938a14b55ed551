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
#include "posthouse/sasl/mechanisms.h"

namespace posthouse::pop3 {

// RFC 2449 section 5. What is listed depends on the state only where a capability makes no sense any more.
void ServerSession::capa(std::string_view) {
  reply(text::capabilities);
  std::string& lines = dialogue_.replies();
  lines += "TOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nUTF8 USER\r\nLANG\r\n";
  lines += options_.expire ? fmt::format("EXPIRE {}\r\n", options_.expire->count()) : "EXPIRE NEVER\r\n";
  if (options_.login_delay > std::chrono::seconds::zero()) {
    lines += fmt::format("LOGIN-DELAY {}\r\n", options_.login_delay.count());
  }
  if (const std::string mechanisms = dialogue::mechanisms_now(log_in_state(), verifier_, log_in_context());
      !mechanisms.empty()) {
    lines += (sasl::takes_passwords(log_in_context()) ? "USER\r\nSASL " : "SASL ") + mechanisms + "\r\n";
  }
  if (!maildrop_ && !session_.tls && options_.tls) {
    lines += "STLS\r\n";
  }
  lines += "IMPLEMENTATION Posthouse\r\n.\r\n";
}

// RFC 6856 section 2. Names and passwords are taken in UTF-8 before, too; a message is sent as it was received.
void ServerSession::utf8(std::string_view arguments) {
  if (!trim(arguments).empty()) {
    return bad_command(text::no_arguments);
  }
  session_.utf8 = true;
  reply(text::utf8_on);
}

// RFC 6856 section 3.
void ServerSession::lang(std::string_view arguments) {
  const std::string_view tag = trim(arguments);
  if (tag.empty()) {
    reply(text::languages);
    dialogue_.replies() += "en English\r\nzh 中文\r\n.\r\n";
    return;
  }
  const std::string_view primary = tag.substr(0, tag.find('-'));
  if (tag == "*" || iequals(primary, "en") || iequals(tag, "i-default")) {
    language_ = Language::en;
  } else if (iequals(primary, "zh")) {
    language_ = Language::zh;
  } else {
    return bad_command(text::no_such_language);
  }
  reply(text::language_is);
}

void ServerSession::noop(std::string_view) {
  reply_line("+OK");
}

// RFC 1939 section 6. The lock is given up before the answer is sent, so that the client finds the maildrop free.
void ServerSession::quit(std::string_view) {
  if (!maildrop_) {
    reply(text::bye);
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
    marked.empty() ? reply(text::bye) : reply(text::bye_removed, marked.size());
  } else {
    reply(text::not_removed);
  }
  flush();
  over(SessionEnd::quit);
}

void ServerSession::stat(std::string_view) {
  reply_line("+OK " + std::to_string(count_) + ' ' + std::to_string(octets_));
}

// The index of the message `text` names; answers -ERR and returns nothing when there is no such message.
std::optional<std::size_t> ServerSession::message_number(std::string_view text) {
  const auto number = parse_number(trim(text));
  if (!number) {
    bad_command(text::number_wanted);
    return std::nullopt;
  }
  if (*number == 0 || *number > maildrop_->count()) {
    reply(text::no_such_message);
    return std::nullopt;
  }
  const auto index = static_cast<std::size_t>(*number - 1);
  if (deleted(index)) {
    reply(text::is_deleted, *number);
    return std::nullopt;
  }
  return index;
}

// Answers for a message that went while the session was on.
void ServerSession::gone(std::size_t index) {
  reply(text::has_gone, index + 1);
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
    return append_entry(line, *index) ? reply_line(line) : gone(*index);
  }
  reply_line(title);
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
  listing(arguments, said(text::messages, count_, octets_), [this](std::string& line, std::size_t index) {
    const auto size = maildrop_->size(index);
    line += std::to_string(size.value_or(0));
    return size.has_value();
  });
}

void ServerSession::uidl(std::string_view arguments) {
  listing(arguments, said(text::unique_ids), [this](std::string& line, std::size_t index) {
    line += maildrop_->uidl(index);
    return true;
  });
}

// Answers with message `index`: whole, or its head and `body_lines` lines.
void ServerSession::send_message(std::size_t index, std::string_view status_line, std::size_t body_lines, bool whole) {
  reply_line(status_line);
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
  send_message(*index, said(text::octets, *size), 0, true);
}

void ServerSession::top(std::string_view arguments) {
  const std::string_view number = take_word(arguments);
  const auto lines = parse_number(trim(arguments));
  if (!lines) {
    return bad_command(text::top_wants);
  }
  const auto index = message_number(number);
  if (!index) {
    return;
  }
  if (!maildrop_->size(*index)) {
    return gone(*index);
  }
  send_message(*index, said(text::top), static_cast<std::size_t>(*lines), false);
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
  reply(text::marked, *index + 1);
}

void ServerSession::rset(std::string_view) {
  count_ = maildrop_->count();
  octets_ = maildrop_->octets();
  deleted_ = {};
  reply(text::maildrop_has, count_, octets_);
}

}  // namespace posthouse::pop3
