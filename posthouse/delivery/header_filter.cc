#include "posthouse/delivery/header_filter.h"

#include <algorithm>

#include "posthouse/base/text.h"

namespace posthouse::delivery {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t longest_name = 64;  // that is kept

/// ftext of RFC 5322 section 3.6.8, as mime reads it.
bool is_name_octet(char c) {
  return c > 32 && c < 127 && c != ':';
}

}  // namespace

void HeaderFilter::add(std::string_view chunk, const Sink& sink) {
  while (!chunk.empty()) {
    switch (state_) {
      case State::body:
        return sink(chunk);
      case State::line_start:
        begin_line(chunk.front(), sink);
        break;
      case State::name:
        chunk.remove_prefix(read_name(chunk, sink));
        break;
      case State::rest:
        chunk.remove_prefix(read_rest(chunk, sink));
        break;
    }
  }
}

void HeaderFilter::finish(const Sink& sink) {
  decide(sink);
}

void HeaderFilter::begin_line(char first, const Sink& sink) {
  if (first == ' ' || first == '\t') {
    state_ = State::rest;
    first_line_ = false;
    return;
  }
  decide(sink);
  if (first == '\r' || first == '\n') {
    state_ = State::body;
    return;
  }
  state_ = State::name;
  blank_ = false;
  mark_ = name_size_ = 0;
  name_.clear();
}

std::size_t HeaderFilter::read_name(std::string_view chunk, const Sink& sink) {
  for (std::size_t i = 0; i < chunk.size(); ++i) {
    const char c = chunk[i];
    if (c == ':' && (name_size_ != 0 || mark_ == 0)) {
      held_ += c;
      field_begins(sink);
      return i + 1;
    }
    if (name_size_ == 0 && !blank_ && mark_ < byte_order_mark.size() && c == byte_order_mark[mark_]) {
      ++mark_;
    } else if (is_name_octet(c) && !blank_ && mark_ % byte_order_mark.size() == 0) {
      ++name_size_;
      if (name_.size() < longest_name) {
        name_ += c;
      }
    } else if ((c == ' ' || c == '\t') && name_size_ != 0) {
      blank_after_name_ = blank_ ? blank_after_name_ : c;
      blank_ = true;
    } else {
      no_field(sink);
      return i;
    }
    held_ += c;
    if (held_.size() >= most_held) {
      name_size_ = longest_name + 1;
      pass_held(sink);
    }
  }
  return chunk.size();
}

void HeaderFilter::field_begins(const Sink& sink) {
  state_ = State::rest;
  first_line_ = false;
  fate_ = Fate::pass;
  if (name_size_ <= longest_name && std::find(names_.begin(), names_.end(), to_lower(name_)) != names_.end()) {
    fate_ = Fate::hold;
    value_at_ = held_.size();
    return;
  }
  pass_held(sink);
}

/// The line at hand, of which some is held, is no field. One that an mbox puts between messages stands beside the
/// fields; any other is where the text begins.
void HeaderFilter::no_field(const Sink& sink) {
  const bool from_line =
      blank_ && blank_after_name_ == ' ' && mark_ == 0 && (name_ == "From" || (first_line_ && name_ == ">From"));
  state_ = from_line ? State::rest : State::body;
  first_line_ = false;
  fate_ = Fate::pass;
  pass_held(sink);
}

std::size_t HeaderFilter::read_rest(std::string_view chunk, const Sink& sink) {
  const std::size_t newline = chunk.find('\n');
  const std::string_view line = chunk.substr(0, newline == std::string_view::npos ? newline : newline + 1);
  if (fate_ == Fate::hold) {
    const std::string_view part = line.substr(0, most_held - held_.size());
    held_ += part;
    if (part.size() < line.size()) {
      fate_ = is_unwanted() ? Fate::drop : Fate::pass;
      fate_ == Fate::drop ? held_.clear() : pass_held(sink);
      return part.size();
    }
  } else if (fate_ == Fate::pass) {
    sink(line);
  }
  if (newline != std::string_view::npos) {
    state_ = State::line_start;
  }
  return line.size();
}

bool HeaderFilter::is_unwanted() const {
  return unwanted_(to_lower(name_), std::string_view(held_).substr(value_at_));
}

void HeaderFilter::pass_held(const Sink& sink) {
  if (!held_.empty()) {
    sink(held_);
    held_.clear();
  }
}

/// The field at hand is whole.
void HeaderFilter::decide(const Sink& sink) {
  if (fate_ == Fate::hold && is_unwanted()) {
    held_.clear();
  }
  pass_held(sink);
  fate_ = Fate::pass;
}

HeaderFilter bcc_filter() {
  return {{"bcc", "resent-bcc"}, [](std::string_view, std::string_view) { return true; }};
}

}  // namespace posthouse::delivery
