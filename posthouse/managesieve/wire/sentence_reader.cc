#include "posthouse/managesieve/wire/sentence_reader.h"

#include <algorithm>
#include <limits>

#include "posthouse/base/text.h"

namespace posthouse::managesieve {
namespace {

constexpr std::size_t max_size_text = 16;  // digits of a literal's size, with the plus sign
constexpr std::uint64_t max_size = std::numeric_limits<std::uint32_t>::max();

}  // namespace

bool parse_literal_size(std::string_view text, Side side, std::uint64_t& size) noexcept {
  if (text.ends_with('+')) {
    text.remove_suffix(1);  // some servers write it, too
  } else if (side == Side::client) {
    return false;
  }
  if (text.empty() || text.size() > max_size_text) {
    return false;
  }
  size = 0;
  for (const char c : text) {
    if (!is_digit(c)) {
      return false;
    }
    size = std::min(size * 10 + static_cast<std::uint64_t>(c - '0'), max_size);
  }
  return true;
}

void SentenceReader::reset() noexcept {
  state_ = State::begin;
  outcome_ = SentenceState::more;
}

SentenceStep SentenceReader::read(std::string_view input) {
  std::size_t used = 0;
  outcome_ = SentenceState::more;
  while (used < input.size() && outcome_ == SentenceState::more) {
    if (left_ > 0 && (state_ == State::literal || state_ == State::skipping)) {
      used += take_literal(input.substr(used));
      continue;
    }
    begin_octet();
    do {
      again_ = false;
      step(input[used]);
    } while (again_);
    ++used;
  }
  return {outcome_, used};
}

// An octet outside of literals is next.
void SentenceReader::begin_octet() {
  if (state_ == State::begin) {
    tokens_.clear();
    line_ = literals_ = skipped_ = 0;
    left_ = 0;
    state_ = State::between;
  }
  if (state_ != State::skipping && ++line_ > limits_.line) {
    fail(SentenceState::too_large);
  }
}

void SentenceReader::step(char c) {
  switch (state_) {
    case State::begin:
    case State::between:
    case State::behind:
      return step_between(c);
    case State::atom:
      return step_atom(c);
    case State::quoted:
    case State::escaped:
      return step_quoted(c);
    case State::literal_size:
      return step_literal_size(c);
    case State::literal_line:
      return step_literal_line(c);
    case State::literal:  // it is at its end
      state_ = State::behind;
      return step_between(c);
    case State::line_feed:
      return c == '\n' ? line_end() : fail(SentenceState::bad);
    case State::skipping:
      return step_skipping(c);
  }
}

void SentenceReader::step_between(char c) {
  const bool behind = state_ == State::behind;
  switch (c) {
    case ' ':
      state_ = State::between;
      return;
    case '\r':
      state_ = State::line_feed;
      return;
    case '\n':
      return line_end();
    case '(':
    case ')':
      begin_token(c == '(' ? Token::Kind::open : Token::Kind::close);
      return;
    default:
      break;
  }
  if (behind) {
    return fail(SentenceState::bad);
  }
  if (c == '"') {
    begin_token(Token::Kind::string);
    state_ = state_ == State::skipping ? state_ : State::quoted;
  } else if (c == '{') {
    size_.clear();
    state_ = State::literal_size;
  } else {
    begin_token(Token::Kind::atom);
    if (state_ != State::skipping) {
      state_ = State::atom;
      again_ = true;
    }
  }
}

void SentenceReader::step_atom(char c) {
  switch (c) {
    case ' ':
    case '\r':
    case '\n':
    case '(':
    case ')':
      state_ = State::between;
      again_ = true;
      return;
    case '"':
    case '{':
    case '\\':
    case '\0':
      return fail(SentenceState::bad);
    default:
      tokens_.back().text += c;
  }
}

void SentenceReader::step_quoted(char c) {
  if (c == '\r' || c == '\n' || c == '\0') {
    return fail(SentenceState::bad);
  }
  if (state_ == State::quoted && c == '\\') {
    state_ = State::escaped;
  } else if (state_ == State::quoted && c == '"') {
    state_ = State::behind;
  } else {
    tokens_.back().text += c;
    state_ = State::quoted;
  }
}

void SentenceReader::step_literal_size(char c) {
  if (c == '}') {
    state_ = State::literal_line;
  } else if ((is_digit(c) || c == '+') && size_.size() <= max_size_text) {
    size_ += c;
  } else {
    fail(SentenceState::bad);
  }
}

void SentenceReader::step_literal_line(char c) {
  if (c == '\r' && !size_.ends_with('\r')) {
    size_ += c;
  } else if (c == '\n') {
    begin_literal();
  } else {
    fail(SentenceState::bad);
  }
}

void SentenceReader::begin_literal() {
  std::string_view text = size_;
  if (text.ends_with('\r')) {
    text.remove_suffix(1);
  }
  std::uint64_t size = 0;
  if (!parse_literal_size(text, side_, size)) {
    failure_ = SentenceState::bad;
    state_ = State::begin;
    outcome_ = SentenceState::bad;
    return;
  }
  begin_token(Token::Kind::string);
  if (size > limits_.literals - literals_ && state_ != State::skipping) {
    fail(SentenceState::too_large);
    tail_.clear();
    again_ = false;
  }
  left_ = size;
  if (state_ == State::skipping) {
    tail_.clear();
    again_ = false;
    if (size > limits_.skipped - skipped_) {
      outcome_ = SentenceState::endless;
      state_ = State::begin;
      left_ = 0;
    }
    return;
  }
  literals_ += static_cast<std::size_t>(size);
  state_ = State::literal;
}

std::size_t SentenceReader::take_literal(std::string_view input) {
  const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
  if (state_ == State::literal) {
    tokens_.back().text.append(input.substr(0, taken));
  } else {
    skipped_ += taken;
  }
  left_ -= taken;
  return taken;
}

void SentenceReader::begin_token(Token::Kind kind) {
  if (tokens_.size() >= limits_.tokens) {
    return fail(SentenceState::too_large);
  }
  tokens_.push_back({kind, {}});
  if (state_ == State::behind) {
    state_ = State::between;
  }
}

void SentenceReader::line_end() {
  state_ = State::begin;
  outcome_ = SentenceState::complete;
}

// From here to the end of the sentence. A literal that was begun on the line must not be read as sentences.
void SentenceReader::fail(SentenceState why) {
  failure_ = why;
  tail_.clear();
  if (state_ == State::literal_size || state_ == State::literal_line) {
    const bool cr = size_.ends_with('\r');
    tail_ = "{" + size_.substr(0, size_.size() - (cr ? 1 : 0)) + (state_ == State::literal_line ? "}" : "") +
            (cr ? "\r" : "");
  } else if ((state_ == State::atom || state_ == State::quoted || state_ == State::escaped) && !tokens_.empty()) {
    const std::string& text = tokens_.back().text;
    tail_ = text.substr(text.size() - std::min<std::size_t>(text.size(), 2 * max_size_text));
  }
  state_ = State::skipping;
  again_ = true;
}

void SentenceReader::step_skipping(char c) {
  if (++skipped_ > limits_.skipped) {
    outcome_ = SentenceState::endless;
    state_ = State::begin;
    return;
  }
  if (c != '\n') {
    if (tail_.size() >= 2 * max_size_text) {
      tail_.erase(0, max_size_text);
    }
    tail_ += c;
    return;
  }
  std::string_view line = tail_;
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  std::uint64_t size = 0;
  const std::size_t open = line.rfind('{');
  if (line.ends_with('}') && open != std::string_view::npos &&
      parse_literal_size(line.substr(open + 1, line.size() - open - 2), side_, size)) {
    tail_.clear();
    left_ = size;
    if (size <= limits_.skipped - skipped_) {
      return;
    }
    outcome_ = SentenceState::endless;
    left_ = 0;
  } else {
    outcome_ = failure_;
  }
  state_ = State::begin;
}

}  // namespace posthouse::managesieve
