#include "posthouse/imap/wire/command/append_reader.h"

#include "posthouse/imap/wire/text/date.h"

namespace posthouse::imap {

void AppendReader::begin(const CommandHead& head) {
  *this = AppendReader();
  state_ = head.name == "REPLACE" ? State::replaced : State::mailbox;
}

AppendReader::Next AppendReader::advance(CommandInput& input, const PendingLiteral* pending,
                                         std::vector<AppendPart>& parts) {
  Next next = Next::end;
  while (step(input, pending, parts, next)) {
  }
  return input.in.error() != nullptr ? Next::bad : next;
}

// One state's grammar. False at a stop: `next`, or an error.
bool AppendReader::step(CommandInput& input, const PendingLiteral* pending, std::vector<AppendPart>& parts,
                        Next& next) {
  Cursor& in = input.in;
  switch (state_) {
    case State::replaced:
      state_ = State::mailbox;
      return read_set_argument(input, append_.replaces.emplace());
    case State::mailbox:
      if (pending != nullptr && in.peek() == ' ' && in.text().find_first_not_of(' ', in.position()) == pending->at) {
        next = Next::memory;
        return false;
      }
      state_ = State::message;
      return read_mailbox_argument(input, append_.mailbox) && in.expect_space();
    case State::message:
      return read_message(input, pending, parts, next);
    case State::behind_utf8:
      state_ = behind_utf8_;
      return in.expect(')', "UTF8 has no end");
    case State::behind_message:
      if (in.at_end()) {
        next = Next::end;
        return false;
      }
      if (append_.replaces) {
        return in.fail("REPLACE takes one message");
      }
      state_ = State::message;
      return in.expect_space();
    case State::catenated:
      return read_catenated(input, pending, parts, next);
    case State::behind_catenated:
      if (in.take(')')) {
        state_ = State::behind_message;
        return true;
      }
      state_ = State::catenated;
      return in.expect_space();
  }
  return false;
}

// [flags SP] [date-time SP] (literal / "CATENATE" SP "(" …)
bool AppendReader::read_message(CommandInput& input, const PendingLiteral* pending, std::vector<AppendPart>& parts,
                                Next& next) {
  Cursor& in = input.in;
  message_ = {.begins_message = true};
  if (in.peek() == '(' && (!read_flag_list(input, message_.flags) || !in.expect_space())) {
    return false;
  }
  if (in.peek() == '"') {
    const auto text = in.take_quoted();
    message_.date = text ? parse_date_time(*text) : std::nullopt;
    if (!message_.date) {
      return in.fail("No date and time of a message");
    }
    if (!in.expect_space()) {
      return false;
    }
  }
  ++append_.messages;
  if (in.take_prefix("CATENATE (")) {
    message_.catenate = true;
    state_ = State::catenated;
    return true;
  }
  return take_literal(input, pending, State::behind_message, parts, next);
}

bool AppendReader::read_catenated(CommandInput& input, const PendingLiteral* pending, std::vector<AppendPart>& parts,
                                  Next& next) {
  Cursor& in = input.in;
  const std::size_t begin = in.position();
  if (in.take_prefix("TEXT ")) {
    return take_literal(input, pending, State::behind_catenated, parts, next);
  }
  if (!in.take_prefix("URL ")) {
    return in.fail("CATENATE takes TEXT and URL");
  }
  if (pending != nullptr && in.position() == pending->at) {
    in.seek(begin);
    next = Next::memory;
    return false;
  }
  auto url = in.take_astring();
  if (!url) {
    return in.fail("A URL is missing");
  }
  message_.url = std::move(*url);
  state_ = State::behind_catenated;
  return add_part(input, parts);
}

// literal / literal8 / "UTF8" SP "(" literal8 ")"
bool AppendReader::take_literal(CommandInput& input, const PendingLiteral* pending, State behind,
                                std::vector<AppendPart>& parts, Next& next) {
  message_.utf8 = input.in.take_prefix("UTF8 (");
  if (pending == nullptr || input.in.position() != pending->at || (message_.utf8 && !pending->head.binary)) {
    return input.in.fail("A literal with the message is missing");
  }
  message_.size = pending->head.size;
  message_.synchronizing = pending->head.synchronizing;
  message_.binary = pending->head.binary;
  state_ = message_.utf8 ? State::behind_utf8 : behind;
  behind_utf8_ = behind;
  next = Next::message;
  add_part(input, parts);
  return false;
}

bool AppendReader::add_part(CommandInput& input, std::vector<AppendPart>& parts) {
  if (++parts_ > input.limits.messages) {
    return input.in.fail("Too many messages, or parts of them");
  }
  parts.push_back(message_);
  message_ = {.catenate = message_.catenate};
  return true;
}

}  // namespace posthouse::imap
