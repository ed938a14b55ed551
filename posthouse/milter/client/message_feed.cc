#include "posthouse/milter/client/message_feed.h"

#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"

namespace posthouse::milter {
namespace {

constexpr std::size_t max_field = 64 * 1024;

void append_within(std::string& text, std::string_view more) {
  text.append(more.substr(0, max_field - std::min(max_field, text.size())));
}

}  // namespace

void MessageFeed::append(std::string_view piece) {
  while (!in_body_ && !piece.empty()) {
    const std::size_t end = piece.find('\n');
    append_within(line_, piece.substr(0, end));
    if (end == std::string_view::npos) {
      return;
    }
    piece.remove_prefix(end + 1);
    take_line();
  }
  if (!piece.empty() && client_.wants_more()) {
    client_.body(piece);
  }
}

void MessageFeed::take_line() {
  const std::string line = std::exchange(line_, {});
  const std::string_view text = std::string_view(line).substr(0, line.size() - (line.ends_with('\r') ? 1 : 0));
  if (text.empty()) {
    tell_field();
    client_.end_of_header();
    in_body_ = true;
  } else if ((text.front() == ' ' || text.front() == '\t') && !field_.empty()) {
    append_within(field_, "\r\n");
    append_within(field_, text);
  } else {
    tell_field();
    field_ = text;
  }
}

void MessageFeed::tell_field() {
  const std::string field = std::exchange(field_, {});
  const std::size_t colon = field.find(':');
  if (colon == std::string::npos || colon == 0) {
    return;
  }
  const std::string_view name = trim(std::string_view(field).substr(0, colon));
  if (!name.empty()) {
    client_.header(name, std::string_view(field).substr(colon + 1));
  }
}

Result MessageFeed::finish() {
  if (!in_body_) {
    if (!line_.empty()) {
      take_line();
    }
    if (!in_body_) {
      tell_field();
      client_.end_of_header();
    }
  }
  return client_.end_of_message();
}

}  // namespace posthouse::milter
