#include "posthouse/mime/fields/authentication_results.h"

#include "posthouse/base/text.h"
#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

constexpr std::size_t most_pieces = 1'000;

bool is_keyword_char(char c) {
  return is_digit(c) || is_letter(c) || c == '-' || c == '_';
}

class Reader {
 public:
  explicit Reader(std::string_view value) : value_(value) {}

  AuthenticationResults run() {
    read_head();
    in_head_ = false;
    if (out_.authserv_id.empty()) {  // Office 365 begins with the first result
      read_result();
      skip_to_semicolon();
    }
    while (at_ < value_.size() && pieces_ < most_pieces) {
      ++at_;  // the ";"
      read_result();
      skip_to_semicolon();
    }
    if (at_ < value_.size()) {
      out_.valid = false;
    }
    if (out_.authserv_id.empty() || (out_.results.empty() && !none_)) {
      out_.valid = false;
    }
    return std::move(out_);
  }

 private:
  void read_head() {
    const std::size_t begin = at_;
    out_.authserv_id = value();
    if (iequals(out_.authserv_id, "i")) {  // RFC 8617 section 4.1.1
      at_ = begin;
      keyword();
      if (skip('=')) {
        out_.instance = number_of<unsigned>(value()).value_or(0);
      }
      skip(';');
      out_.authserv_id = value();
    }
    if (peek() == '=') {  // that was no name
      out_.authserv_id.clear();
      at_ = begin;
      return;
    }
    const std::string version = value();
    if (!version.empty()) {
      out_.version = number_of<unsigned>(version).value_or(0);
    }
    if (out_.version != 1) {
      out_.valid = false;
    }
    skip_to_semicolon();
  }

  void read_result() {
    comment_.clear();
    std::string method = keyword();
    while (!method.empty() && peek() == '.') {  // Gmail: gateway.spf
      ++at_;
      method += '.' + keyword();
    }
    if (method.empty()) {  // a last ";" is common
      if (at_ < value_.size() && value_[at_] != ';') {
        out_.valid = false;
      }
      return;
    }
    AuthenticationResult result{.method = method};
    if (skip('/')) {
      result.version = number_of<unsigned>(value()).value_or(0);
    }
    if (!skip('=')) {
      none_ = method == "none" && out_.results.empty();
      if (!none_) {
        out_.valid = false;
      }
      return;
    }
    result.result = to_lower(value());
    if (result.result.empty()) {
      out_.valid = false;
    }
    ++pieces_;
    while (read_property(result)) {
      ++pieces_;
    }
    result.comment = repair_utf8(comment_);
    out_.results.push_back(std::move(result));
  }

  // reason=… or type.name=…; false at the end of the result.
  bool read_property(AuthenticationResult& result) {
    const std::string type = keyword();
    if (type.empty() || pieces_ >= most_pieces) {
      return false;
    }
    if (skip('=')) {
      std::string text = value();
      if (type == "reason") {
        result.reason = std::move(text);
      } else {
        out_.valid = false;  // some leave the type out: "action=none"
        result.properties.push_back({.type = {}, .name = type, .value = std::move(text)});
      }
      return true;
    }
    if (!skip('.')) {
      return false;
    }
    std::string name = keyword();
    if (name.empty() || !skip('=')) {
      return false;
    }
    result.properties.push_back({.type = type, .name = std::move(name), .value = value()});
    return true;
  }

  // Skips white space and collects comments.
  void skip_blanks() {
    while (at_ < value_.size()) {
      if (is_space(value_[at_])) {
        ++at_;
      } else if (value_[at_] == '(') {
        const std::size_t end = skip_comment(value_, at_);
        if (!comment_.empty()) {
          comment_ += ' ';
        }
        comment_ += comment_text(value_.substr(at_, end - at_));
        at_ = end;
      } else {
        break;
      }
    }
  }

  char peek() const { return at_ < value_.size() ? value_[at_] : '\0'; }

  bool skip(char c) {
    skip_blanks();
    if (at_ == value_.size() || value_[at_] != c) {
      return false;
    }
    ++at_;
    return true;
  }

  std::string keyword() {
    skip_blanks();
    const std::size_t begin = at_;
    while (at_ < value_.size() && is_keyword_char(value_[at_])) {
      ++at_;
    }
    return to_lower(value_.substr(begin, at_ - begin));
  }

  // A quoted string, or all up to white space, "(", ";" or, in the head, "=".
  std::string value() {
    skip_blanks();
    std::string out;
    if (at_ < value_.size() && value_[at_] == '"') {
      const std::size_t quoted = at_;
      at_ = read_quoted(value_, at_, &out);
      if (at_ == value_.size() || value_[at_] != '@') {
        return repair_utf8(out);
      }
      const std::string_view local = value_.substr(quoted, at_ - quoted);  // of an address (RFC 8601 section 2.2)
      return repair_utf8(local) + value();
    }
    const std::size_t begin = at_;
    while (at_ < value_.size() && !is_space(value_[at_]) && value_[at_] != ';' && value_[at_] != '(' &&
           !(value_[at_] == '=' && in_head_)) {
      ++at_;
    }
    return repair_utf8(value_.substr(begin, at_ - begin));
  }

  void skip_to_semicolon() {
    skip_blanks();
    if (at_ < value_.size() && value_[at_] != ';') {
      out_.valid = false;
    }
    while (at_ < value_.size() && value_[at_] != ';') {
      if (value_[at_] == '"') {
        at_ = read_quoted(value_, at_, nullptr);
      } else if (value_[at_] == '(') {
        at_ = skip_comment(value_, at_);
      } else {
        ++at_;
      }
    }
  }

  std::string_view value_;
  std::size_t at_ = 0;
  std::size_t pieces_ = 0;
  std::string comment_{};
  bool none_ = false;
  bool in_head_ = true;
  AuthenticationResults out_{};
};

}  // namespace

const std::string* AuthenticationResult::find(std::string_view property) const noexcept {
  for (const AuthenticationProperty& candidate : properties) {
    const std::size_t dot = candidate.type.size();
    if (property.size() == dot + 1 + candidate.name.size() && property.starts_with(candidate.type) &&
        property[dot] == '.' && property.ends_with(candidate.name)) {
      return &candidate.value;
    }
  }
  return nullptr;
}

const AuthenticationResult* AuthenticationResults::find(std::string_view method) const noexcept {
  for (const AuthenticationResult& result : results) {
    if (result.method == method) {
      return &result;
    }
  }
  return nullptr;
}

AuthenticationResults parse_authentication_results(std::string_view raw_value) {
  return Reader(raw_value).run();
}

}  // namespace posthouse::mime
