#include "posthouse/delivery/header_scanner.h"

#include <algorithm>

#include "posthouse/base/text.h"

namespace posthouse::delivery {

void HeaderScanner::field_name_ended() {
  in_name_ = false;
  // RFC 5322 section 4.5 lets old messages have blanks before the colon.
  const std::string_view name = trim(std::string_view(name_.data(), std::min(length_, name_.size())));
  if (length_ > name_.size()) {
    return;
  }
  if (name == "received") {
    ++received_;
  }
  if (name == "date") {
    date_ = true;
  }
  if (name == "message-id") {
    kept_ = message_id_ ? Kept::nothing : Kept::message_id;
    message_id_ = true;
  }
  if (name == "delivered-to" && delivered_to_.size() < 100) {
    kept_ = Kept::delivered_to;
    delivered_to_.emplace_back();
  }
}

/// Adds a piece of the field's body to what is remembered of it.
void HeaderScanner::keep(std::string_view text) {
  constexpr std::size_t most = 500;
  if (kept_ == Kept::nothing) {
    return;
  }
  std::string& kept = kept_ == Kept::message_id ? message_id_text_ : delivered_to_.back();
  for (const char c : text) {
    if (kept.size() < most && (!kept.empty() || !is_space(c)) && c != '\r') {
      kept.push_back(c);
    }
  }
}

std::string HeaderScanner::message_id() const {
  return std::string(trim(message_id_text_));
}

std::size_t HeaderScanner::scan(std::string_view chunk) {
  const bool in_header = !ended_;
  const std::size_t end = in_header ? find_end(chunk) : not_here;
  const bool ascii = is_ascii(chunk);
  eight_bit_ = eight_bit_ || !ascii;
  eight_bit_header_ = eight_bit_header_ || (in_header && !ascii && !is_ascii(chunk.substr(0, end)));
  return end;
}

std::size_t HeaderScanner::find_end(std::string_view chunk) {
  std::size_t i = 0;
  while (!ended_ && i < chunk.size()) {
    if (fresh_) {
      if (chunk[i] == '\r') {
        ended_ = true;
        return i;
      }
      fresh_ = false;
      length_ = 0;
      in_name_ = chunk[i] != ' ' && chunk[i] != '\t';
      if (in_name_) {
        kept_ = Kept::nothing;
      }
    }
    if (in_name_) {
      const char c = chunk[i++];
      if (c == ':') {
        field_name_ended();
      } else if (c == '\n') {
        fresh_ = true;
      } else {
        if (length_ < name_.size()) {
          name_[length_] = to_lower(c);
        }
        ++length_;
      }
    } else {
      const std::size_t end = chunk.find('\n', i);
      keep(chunk.substr(i, end - i));
      if (end == std::string_view::npos) {
        return not_here;
      }
      i = end + 1;
      fresh_ = true;
    }
  }
  return not_here;
}

}  // namespace posthouse::delivery
