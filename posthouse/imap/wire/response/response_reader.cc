#include "posthouse/imap/wire/response/response_reader.h"

#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/item/lenient.h"
#include "posthouse/imap/wire/response/response_parser.h"

namespace posthouse::imap {

ResponseStep ResponseReader::read(std::string_view input) {
  const std::size_t all = input.size();
  for (;;) {
    std::string_view octets;
    ResponseEvent event = ResponseEvent::more;
    switch (state_) {
      case State::line:
        event = read_line(input);
        break;
      case State::literal:
        event = read_literal(input);
        break;
      case State::body:
        event = read_body(input, octets);
        break;
      case State::failed:
        input = {};
        break;
    }
    if (event != ResponseEvent::more || input.empty()) {
      return {event, all - input.size(), octets};
    }
  }
}

ResponseEvent ResponseReader::read_line(std::string_view& input) {
  const std::size_t lf = input.find('\n');
  const bool found = lf != std::string_view::npos;
  const std::size_t size = found ? lf + 1 : input.size();
  if (size > limits_.line - std::min(limits_.line, outside_) || size > limits_.response - text_.size()) {
    return fail();
  }
  outside_ += size;
  text_ += input.substr(0, found ? lf : size);
  input.remove_prefix(size);
  return found ? end_line() : ResponseEvent::more;
}

ResponseEvent ResponseReader::end_line() {
  if (text_.size() > line_begin_ && text_.back() == '\r') {
    text_.pop_back();
  }
  if (line_begin_ == 0 && text_.empty() && streamed_.empty()) {
    outside_ = 0;  // an empty line between responses is none
    return ResponseEvent::more;
  }
  const auto head = literal_at_end(std::string_view(text_).substr(line_begin_));
  if (!head || (line_begin_ == 0 && is_status_line(text_))) {
    return end_response();
  }
  return begin_literal(*head);
}

ResponseEvent ResponseReader::begin_literal(const LiteralHead& head) {
  left_ = head.size;
  if (stream_bodies_ && begin_body(head)) {
    return ResponseEvent::body;
  }
  if (head.size > limits_.literal || head.size > limits_.response - std::min(limits_.response, text_.size() + 2)) {
    return fail();
  }
  text_ += "\r\n";
  state_ = State::literal;
  return ResponseEvent::more;
}

// The literal is a body where the name of one, and a space, stand before it.
bool ResponseReader::begin_body(const LiteralHead& head) {
  constexpr std::string_view names[] = {"BODY[", "BINARY[", "RFC822.HEADER", "RFC822.TEXT", "RFC822"};
  Cursor in(text_);
  const bool star = in.take('*') && take_spaces(in);
  const auto number = in.take_number();
  if (!star || !number || !take_spaces(in) || !(in.take_word("FETCH") || in.take_word("UIDFETCH"))) {
    return false;
  }
  const std::size_t announced = text_.size() - head.length;
  const std::string line = to_upper(std::string_view(text_).substr(line_begin_, announced - line_begin_));
  for (const std::string_view name : names) {
    const std::size_t at = line.rfind(name);
    if (at == std::string::npos || at == 0 || (line[at - 1] != ' ' && line[at - 1] != '(')) {
      continue;
    }
    Cursor item(text_, line_begin_ + at);
    auto data = read_body_name(item);
    if (!data || !take_spaces(item) || item.position() != announced) {
      continue;
    }
    data->size = head.size;
    data->streamed = true;
    body_ = {*number, std::move(*data)};
    streamed_.push_back(head.size);
    text_.resize(announced);
    text_ += "{0}\r\n";
    line_begin_ = text_.size();
    state_ = State::body;
    return true;
  }
  return false;
}

ResponseEvent ResponseReader::read_literal(std::string_view& input) {
  text_ += take_literal(input, left_);
  if (left_ == 0) {
    state_ = State::line;
    line_begin_ = text_.size();
  }
  return ResponseEvent::more;
}

ResponseEvent ResponseReader::read_body(std::string_view& input, std::string_view& octets) {
  octets = take_literal(input, left_);
  if (left_ == 0) {
    state_ = State::line;
  }
  return octets.empty() ? ResponseEvent::more : ResponseEvent::octets;
}

ResponseEvent ResponseReader::end_response() {
  response_ = parse_response(text_, {names_, streamed_});
  reset();
  return ResponseEvent::response;
}

ResponseEvent ResponseReader::fail() {
  reset();
  state_ = State::failed;
  return ResponseEvent::failed;
}

void ResponseReader::reset() {
  constexpr std::size_t kept = 64 * 1024;
  state_ = State::line;
  text_.clear();
  if (text_.capacity() > kept) {
    std::string().swap(text_);
  }
  streamed_.clear();
  line_begin_ = outside_ = 0;
  left_ = 0;
}

}  // namespace posthouse::imap
