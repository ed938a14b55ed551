#include "posthouse/imap/wire/command/command_reader.h"

#include <algorithm>
#include <utility>

#include "posthouse/imap/wire/command/append_reader.h"
#include "posthouse/imap/wire/command/command_input.h"
#include "posthouse/imap/wire/text/grammar.h"

namespace posthouse::imap {
namespace {

// Enough for any announcement of a literal: "~{" and 19 digits, "+}", CR.
constexpr std::size_t tail_size = 32;

// The announcement at the end of `line`, which begins outside quotes; none inside them.
std::optional<LiteralHead> announced_literal(std::string_view line) {
  const auto head = literal_at_end(line);
  if (!head) {
    return std::nullopt;
  }
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == '\\' && quoted) {
      ++i;
    }
  }
  return quoted ? std::nullopt : head;
}

void remove_cr(std::string& line, std::size_t begin) {
  if (line.size() > begin && line.back() == '\r') {
    line.pop_back();
  }
}

// What a session that waits should not hold on to.
constexpr std::size_t kept_capacity = 1024;

}  // namespace

CommandReader::CommandReader(const CommandLimits& limits) : limits_(limits) {}
CommandReader::~CommandReader() = default;

CommandStep CommandReader::read(std::string_view input) {
  const std::size_t all = input.size();
  if (std::exchange(answer_shown_, false)) {
    begin_command();
  }
  if (part_shown_ && parts_.front().url) {
    parts_.erase(parts_.begin());
    part_shown_ = false;
  }
  if (const CommandEvent event = queued_event(); event != CommandEvent::more) {
    return {event};
  }
  if (state_ == State::message || state_ == State::literal) {
    flows_ = true;  // whoever reads on has said "+"
  }
  for (;;) {
    std::string_view octets;
    CommandEvent event = CommandEvent::more;
    switch (state_) {
      case State::line:
        event = read_line(input);
        break;
      case State::literal:
        event = read_literal(input);
        break;
      case State::message:
        event = read_message(input, octets);
        break;
      case State::answer:
        event = read_answer(input, octets);
        break;
      case State::skip_literal:
        event = skip_literal(input);
        break;
      case State::skip_line:
      case State::skip_answer:
        event = skip_line(input);
        break;
      case State::closed:
        input = {};
        break;
    }
    if (event != CommandEvent::more || input.empty()) {
      return {event, all - input.size(), octets};
    }
  }
}

// The next of parts_, or what comes behind them.
CommandEvent CommandReader::queued_event() {
  if (!part_shown_ && !parts_.empty()) {
    part_shown_ = true;
    return CommandEvent::part;
  }
  return part_shown_ ? CommandEvent::more : std::exchange(queued_, CommandEvent::more);
}

// Moves octets up to a line end into text_; true when there is one, which is not moved.
bool CommandReader::take_line(std::string_view& input, std::size_t limit, bool& too_long) {
  const std::size_t lf = input.find('\n');
  const bool found = lf != std::string_view::npos;
  const std::size_t size = found ? lf + 1 : input.size();
  too_long = size > limit - std::min(limit, outside_);
  if (too_long) {
    return false;
  }
  outside_ += size;
  text_ += input.substr(0, found ? lf : size);
  input.remove_prefix(size);
  if (found) {
    remove_cr(text_, line_begin_);
  }
  return found;
}

CommandEvent CommandReader::read_line(std::string_view& input) {
  bool too_long = false;
  if (take_line(input, limits_.line, too_long)) {
    return end_line();
  }
  if (too_long) {
    refuse_long_line(input);
  }
  return CommandEvent::more;
}

// The line is skipped, and refused at its end, with the tag that is within the limit.
void CommandReader::refuse_long_line(std::string_view input) {
  const std::string line = text_.substr(line_begin_);
  if (!head_read_) {
    text_ += input.substr(0, limits_.line - outside_);
    CommandHead head;
    Cursor in(text_);
    read_head(in, head);
    tag_ = std::move(head.tag);
  }
  too_long_ = true;
  skip_rest_of_line();
  tail_ = line.substr(line.size() - std::min(line.size(), tail_size));
}

CommandEvent CommandReader::end_line() {
  const std::string_view line = std::string_view(text_).substr(line_begin_);
  if (!head_read_ && text_.empty()) {
    begin_command();  // an empty line between commands is none
    return CommandEvent::more;
  }
  const auto literal = announced_literal(line);
  const LiteralHead* head = literal ? &*literal : nullptr;
  if (!head_read_) {
    head_read_ = true;
    CommandHead command;
    Cursor in(text_);
    const bool read = read_head(in, command);
    tag_ = command.tag;
    if (!read || !is_known(command)) {
      return fail(read ? "Unknown command" : in.error(), head);
    }
    command_ = {.tag = tag_, .uid = command.uid};
    if (is_append(command)) {
      append_ = std::make_unique<AppendReader>();
      append_->begin(command);
      append_at_ = in.position();
    }
  }
  if (append_) {
    return advance_append(head);
  }
  return head != nullptr ? begin_literal(*head) : end_command();
}

CommandEvent CommandReader::end_command() {
  while (text_.size() > line_begin_ && text_.back() == ' ') {
    text_.pop_back();  // some write spaces at the end
  }
  CommandInput input{Cursor(text_), limits_, names_};
  CommandHead head;
  if (!read_head(input.in, head) || !read_arguments(input, head, command_)) {
    return fail(input.in.error(), nullptr);
  }
  begin_command();
  return CommandEvent::command;
}

// A literal that is kept in memory.
CommandEvent CommandReader::begin_literal(const LiteralHead& head) {
  if (head.size > limits_.literal || text_.size() + head.size > limits_.command) {
    return fail("A string is too long", &head, true);
  }
  if (!head.synchronizing && head.size > limits_.non_synchronizing) {
    return fail("A literal this long has to wait for \"+\"", &head, true);
  }
  text_ += "\r\n";
  state_ = State::literal;
  left_ = head.size;
  flows_ = !head.synchronizing;
  return flows_ ? CommandEvent::more : CommandEvent::proceed;
}

CommandEvent CommandReader::advance_append(const LiteralHead* head) {
  PendingLiteral pending;
  if (head != nullptr) {
    pending = {*head, text_.size() - head->length};
  }
  CommandInput input{Cursor(text_, append_at_), limits_, names_};
  const AppendReader::Next next = append_->advance(input, head != nullptr ? &pending : nullptr, parts_);
  append_at_ = input.in.position();
  command_.arguments = append_->append();
  switch (next) {
    case AppendReader::Next::bad:
      return fail(input.in.error(), head);
    case AppendReader::Next::memory: {
      const CommandEvent event = begin_literal(*head);
      if (event == CommandEvent::bad || parts_.empty()) {
        return event;
      }
      queued_ = event;
      return queued_event();
    }
    case AppendReader::Next::message:
      if (!head->synchronizing && head->size > limits_.non_synchronizing) {
        return fail("A literal this long has to wait for \"+\"", head, true);
      }
      text_.clear();
      line_begin_ = append_at_ = 0;
      state_ = State::message;
      left_ = head->size;
      flows_ = !head->synchronizing;
      return queued_event();
    case AppendReader::Next::end:
      break;
  }
  queued_ = CommandEvent::command;
  std::vector<AppendPart> parts = std::move(parts_);
  begin_command();
  parts_ = std::move(parts);
  return queued_event();
}

CommandEvent CommandReader::read_literal(std::string_view& input) {
  text_ += take_literal(input, left_);
  if (left_ == 0) {
    state_ = State::line;
    line_begin_ = text_.size();
  }
  return CommandEvent::more;
}

CommandEvent CommandReader::read_message(std::string_view& input, std::string_view& octets) {
  octets = take_literal(input, left_);
  if (left_ == 0) {
    parts_.clear();
    part_shown_ = false;
    state_ = State::line;
  }
  return octets.empty() ? CommandEvent::more : CommandEvent::octets;
}

CommandEvent CommandReader::read_answer(std::string_view& input, std::string_view& octets) {
  bool too_long = false;
  if (take_line(input, answer_limit_, too_long)) {
    octets = text_;
    state_ = State::line;
    answer_shown_ = true;
    return CommandEvent::line;
  }
  if (too_long) {
    too_long_ = true;
    skip_rest_of_line();
    state_ = State::skip_answer;
  }
  return CommandEvent::more;
}

// Refuses the command; `head` is the literal that was announced last, if it was the end of a line.
CommandEvent CommandReader::fail(std::string text, const LiteralHead* head, bool too_big) {
  refusal_ = {.tag = tag(), .text = std::move(text), .too_big = too_big};
  begin_command();
  if (head != nullptr && !head->synchronizing && !skip(head->size)) {
    refusal_.close = true;
    state_ = State::closed;
  }
  return CommandEvent::bad;
}

CommandEvent CommandReader::close() {
  begin_command();
  state_ = State::closed;
  refusal_ = {.text = "Too much to skip", .too_big = true, .close = true};
  return CommandEvent::bad;
}

bool CommandReader::refuse() {
  const bool flows = (state_ == State::message || state_ == State::literal) && flows_;
  const std::uint64_t left = left_;
  queued_ = CommandEvent::more;
  begin_command();
  return !flows || skip(left);
}

bool CommandReader::skip(std::uint64_t octets) {
  state_ = State::skip_literal;
  left_ = octets;
  skipped_ = octets > max_number64 - skipped_ ? max_number64 : skipped_ + octets;
  return skipped_ <= limits_.skipped;
}

CommandEvent CommandReader::skip_literal(std::string_view& input) {
  take_literal(input, left_);
  if (left_ == 0) {
    skip_rest_of_line();
  }
  return CommandEvent::more;
}

void CommandReader::skip_rest_of_line() {
  text_.clear();
  tail_.clear();
  state_ = State::skip_line;
}

CommandEvent CommandReader::skip_line(std::string_view& input) {
  const std::size_t lf = input.find('\n');
  const bool found = lf != std::string_view::npos;
  const std::size_t size = found ? lf + 1 : input.size();
  // RFC 7888 section 4 leaves how much is read to the server.
  if (size > limits_.line + limits_.skipped - std::min(limits_.line + limits_.skipped, outside_)) {
    return close();
  }
  outside_ += size;
  const std::string_view piece = input.substr(0, found ? lf : size);
  tail_ += piece.substr(piece.size() - std::min(piece.size(), tail_size));
  tail_.erase(0, tail_.size() - std::min(tail_.size(), tail_size));
  input.remove_prefix(size);
  if (!found) {
    return CommandEvent::more;
  }
  remove_cr(tail_, 0);
  // What looks like the announcement of a literal in an answer is none.
  const auto head = state_ == State::skip_line ? literal_at_end(tail_) : std::nullopt;
  if (std::exchange(too_long_, false)) {
    return fail("The line is too long", head ? &*head : nullptr, true);
  }
  if (head && !head->synchronizing) {
    return skip(head->size) ? CommandEvent::more : close();
  }
  begin_command();
  return CommandEvent::more;
}

void CommandReader::expect_line(std::size_t limit) {
  begin_command();
  answer_shown_ = false;  // one answer may follow another
  state_ = State::answer;
  answer_limit_ = limit;
}

void CommandReader::reset() {
  begin_command();
  tag_.clear();
  queued_ = CommandEvent::more;
}

// The next octets begin a command.
void CommandReader::begin_command() {
  state_ = State::line;
  text_.clear();
  tail_.clear();
  for (std::string* text : {&text_, &tail_}) {
    if (text->capacity() > kept_capacity) {
      std::string().swap(*text);
    }
  }
  parts_ = {};
  append_.reset();
  line_begin_ = append_at_ = outside_ = 0;
  left_ = skipped_ = 0;
  head_read_ = too_long_ = flows_ = part_shown_ = false;
}

}  // namespace posthouse::imap
