#include "posthouse/delivery/bcc_remover.h"

#include <algorithm>

#include "posthouse/base/text.h"

namespace posthouse::delivery {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace

/// What a line is that begins with `first`.
BccRemover::Place BccRemover::begin_line(char first) const noexcept {
  if (first == '\r' || first == '\n') {
    return Place::behind_header;
  }
  if (first == ' ' || first == '\t') {
    return dropping_ ? Place::dropped_line : Place::kept_line;
  }
  return Place::name;
}

/// Judges `held_`: whether it is, or may become, one of the names with its colon. A byte order mark may stand before the
/// first field; blanks may stand before the colon (RFC 5322 section 4.5).
BccRemover::Match BccRemover::match() const noexcept {
  std::string_view text = held_;
  if (first_line_ && byte_order_mark.starts_with(text.substr(0, byte_order_mark.size()))) {
    text.remove_prefix(std::min(text.size(), byte_order_mark.size()));
  }
  for (const std::string_view name : {std::string_view("bcc"), std::string_view("resent-bcc")}) {
    if (text.size() <= name.size() ? istarts_with(name, text) : istarts_with(text, name)) {
      const char last = text.size() <= name.size() ? ' ' : text.back();  // those before it have been judged
      return last == ':' ? Match::yes : last == ' ' || last == '\t' ? Match::perhaps : Match::no;
    }
  }
  return Match::no;
}

void BccRemover::release(const Sink& sink) {
  if (!held_.empty()) {
    sink(held_);
    held_.clear();
  }
}

void BccRemover::add_to_name(char c, const Sink& sink) {
  held_.push_back(c);
  const Match is = match();
  if (is == Match::perhaps && held_.size() < longest_name) {
    return;
  }
  const bool only_mark =
      first_line_ && held_.size() == byte_order_mark.size() + 1 && held_.starts_with(byte_order_mark);
  dropping_ = is != Match::no;
  if (!dropping_) {
    release(sink);
  } else if (first_line_ && held_.starts_with(byte_order_mark)) {
    sink(byte_order_mark);
  }
  held_.clear();
  first_line_ = false;
  if (only_mark && begin_line(c) == Place::behind_header) {
    place_ = Place::behind_header;
  } else {
    place_ = c == '\n' ? Place::line_start : dropping_ ? Place::dropped_line : Place::kept_line;
  }
}

void BccRemover::add(std::string_view chunk, const Sink& sink) {
  for (std::size_t at = 0; at < chunk.size();) {
    if (place_ == Place::line_start) {
      place_ = begin_line(chunk[at]);
    }
    if (place_ == Place::name) {
      add_to_name(chunk[at++], sink);
      continue;
    }
    if (place_ == Place::behind_header) {
      return sink(chunk.substr(at));
    }
    const std::size_t line_feed = chunk.find('\n', at);
    const std::size_t end = line_feed == std::string_view::npos ? chunk.size() : line_feed + 1;
    if (place_ == Place::kept_line) {
      sink(chunk.substr(at, end - at));
    }
    if (line_feed != std::string_view::npos) {
      place_ = Place::line_start;
    }
    at = end;
  }
}

void BccRemover::finish(const Sink& sink) {
  release(sink);
}

}  // namespace posthouse::delivery
