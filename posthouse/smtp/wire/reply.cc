#include "posthouse/smtp/wire/reply.h"

#include <algorithm>

#include "posthouse/base/text.h"

namespace posthouse::smtp {
namespace {

constexpr std::size_t max_line = 510;  // RFC 5321 section 4.5.3.1.5, without CRLF

void append_code(std::string& out, int code) {
  out += {static_cast<char>('0' + code / 100 % 10), static_cast<char>('0' + code / 10 % 10),
          static_cast<char>('0' + code % 10)};
}

}  // namespace

std::string Reply::to_string() const {
  std::string out;
  append_code(out, code);
  if (!enhanced.empty()) {
    out += ' ' + enhanced;
  }
  if (!text.empty()) {
    out += ' ' + text;
  }
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

std::string Reply::wire() const {
  std::string out;
  std::string_view rest = text;
  for (;;) {
    const std::size_t end = rest.find('\n');
    const std::size_t start = out.size();
    append_code(out, code);
    out += end == std::string_view::npos ? ' ' : '-';
    if (!enhanced.empty()) {
      out.append(enhanced).append(1, ' ');
    }
    for (const char c : rest.substr(0, end)) {
      if (out.size() - start == max_line) {
        break;
      }
      const auto octet = static_cast<unsigned char>(c);
      out += octet < 32 || octet == 127 ? '?' : c;
    }
    out += "\r\n";
    if (end == std::string_view::npos) {
      return out;
    }
    rest.remove_prefix(end + 1);
  }
}

std::string_view find_enhanced_code(int code, std::string_view text) noexcept {
  if (text.size() < 5 || text[0] != static_cast<char>('0' + code / 100) || text[1] != '.') {
    return {};
  }
  std::size_t i = 2;
  for (int number = 0; number < 2; ++number) {
    const std::size_t start = i;
    while (i < text.size() && is_digit(text[i])) {
      ++i;
    }
    if (i == start || i - start > 3) {
      return {};
    }
    if (number == 0 && (i == text.size() || text[i++] != '.')) {
      return {};
    }
  }
  if (i != text.size() && text[i] != ' ') {
    return {};
  }
  return text.substr(0, i);
}

ReplyParser::State ReplyParser::add(std::string_view line) {
  if (state_ != State::more) {
    reply_ = {};
    lines_ = 0;
  }
  const bool coded = line.size() >= 3 && line[0] >= '2' && line[0] <= '5' && is_digit(line[1]) && is_digit(line[2]) &&
                     (line.size() == 3 || line[3] == ' ' || line[3] == '-');
  const int code = coded ? (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0') : 0;
  if (!coded || (lines_ > 0 && code != reply_.code) || lines_ >= max_dropped) {
    return state_ = State::malformed;
  }
  const bool last = line.size() == 3 || line[3] == ' ';
  std::string_view text = line.substr(std::min<std::size_t>(line.size(), 4));

  const std::string_view enhanced = find_enhanced_code(code, text);
  if (lines_ == 0) {
    reply_.enhanced = enhanced;
  }
  if (!reply_.enhanced.empty() && enhanced == reply_.enhanced) {
    text.remove_prefix(enhanced.size());
    if (!text.empty()) {
      text.remove_prefix(1);
    }
  }
  reply_.code = code;
  if (lines_ < max_lines) {
    if (lines_ > 0 && reply_.text.size() < max_text) {
      reply_.text += '\n';
    }
    reply_.text += text.substr(0, max_text - std::min(max_text, reply_.text.size()));
  }
  ++lines_;
  return state_ = last ? State::complete : State::more;
}

}  // namespace posthouse::smtp
