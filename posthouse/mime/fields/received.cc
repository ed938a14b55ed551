#include "posthouse/mime/fields/received.h"

#include <algorithm>
#include <array>

#include "posthouse/base/text.h"
#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

struct Clause {
  std::string_view keyword;
  std::string Received::* value;
  std::string Received::* comment;
};

constexpr std::array<Clause, 6> clauses = {{
    {"from", &Received::from, &Received::from_comment},
    {"by", &Received::by, &Received::by_comment},
    {"via", &Received::via, nullptr},
    {"with", &Received::with, &Received::with_comment},
    {"id", &Received::id, nullptr},
    {"for", &Received::for_address, nullptr},
}};

void append_word(std::string& to, std::string_view word) {
  if (!to.empty()) {
    to += ' ';
  }
  append_unfolded(to, word);
}

bool is_ip_char(char c) {
  return is_digit(c) || c == '.' || c == ':' || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
}

// "[192.0.2.1]", "[IPv6:2001:db8::1]", or a bare IPv4 address between other characters.
std::string ip_in(std::string_view text) {
  if (const std::size_t open = text.find('['); open != std::string_view::npos) {
    std::string_view inside = text.substr(open + 1, text.find(']', open) - open - 1);
    if (istarts_with(inside, "IPv6:")) {
      inside.remove_prefix(5);
    }
    if (!inside.empty() && std::all_of(inside.begin(), inside.end(), is_ip_char)) {
      return std::string(inside);
    }
  }
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) {
      ++end;
    }
    const std::string_view word = text.substr(at, end - at);
    if (std::count(word.begin(), word.end(), '.') == 3 && word.size() >= 7 && word.size() <= 15) {
      return std::string(word);
    }
    at = end + 1;
  }
  return {};
}

class ReceivedReader {
 public:
  explicit ReceivedReader(std::string_view value) : value_(value) {}

  Received run() {
    while (at_ < value_.size()) {
      step();
    }
    result_.for_address = std::string(without_angles(result_.for_address));
    result_.from_ip = ip_in(result_.from_comment);
    if (result_.from_ip.empty()) {
      result_.from_ip = ip_in(result_.from);
    }
    for (std::string* text :
         {&result_.from, &result_.from_comment, &result_.by, &result_.by_comment, &result_.via, &result_.with,
          &result_.with_comment, &result_.id, &result_.for_address, &result_.comment}) {
      *text = repair_utf8(*text);
    }
    return std::move(result_);
  }

 private:
  void step() {
    const char c = value_[at_];
    if (is_space(c)) {
      ++at_;
    } else if (c == '(') {
      const std::size_t end = skip_comment(value_, at_);
      put_comment(comment_text(value_.substr(at_, end - at_)));
      at_ = end;
    } else if (c == ';') {
      // Some put the date elsewhere, or several ";": the first that a date follows counts.
      ++at_;
      if (!result_.date && dates_tried_++ < most_dates) {
        result_.date = parse_date(value_.substr(at_));
      }
      if (result_.date) {
        at_ = value_.size();
      }
    } else {
      word();
    }
  }

  void word() {
    const std::size_t begin = at_;
    while (at_ < value_.size() && !is_space(value_[at_]) && value_[at_] != ';' && value_[at_] != '(') {
      at_ = value_[at_] == '"' ? read_quoted(value_, at_, nullptr) : at_ + 1;
    }
    const std::string_view text = value_.substr(begin, at_ - begin);
    for (std::size_t i = 0; i < clauses.size(); ++i) {
      if (seen_[i] || !iequals(text, clauses[i].keyword)) {
        continue;
      }
      seen_[i] = true;
      clause_ = &clauses[i];
      return;
    }
    if (clause_ != nullptr) {
      append_word(result_.*clause_->value, text);
    }
  }

  void put_comment(const std::string& text) {
    if (clause_ == nullptr) {
      append_word(result_.comment, text);
    } else if (clause_->comment != nullptr) {
      append_word(result_.*clause_->comment, text);
    }
  }

  static constexpr int most_dates = 4;
  std::string_view value_;
  std::size_t at_ = 0;
  Received result_{};
  const Clause* clause_ = nullptr;
  std::array<bool, clauses.size()> seen_{};
  int dates_tried_ = 0;
};

}  // namespace

Received parse_received(std::string_view raw_value) {
  return ReceivedReader(raw_value).run();
}

std::vector<Received> parse_trace(const Headers& headers) {
  std::vector<Received> trace;
  for (const Field field : headers) {
    if (field.is("Received")) {
      trace.push_back(parse_received(field.raw_value()));
    }
  }
  return trace;
}

}  // namespace posthouse::mime
