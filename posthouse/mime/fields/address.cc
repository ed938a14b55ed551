// Reads address lists (RFC 5322 sections 3.4 and 4.4), whatever their quality.
//
// Terms. A *slot* is what stands between two commas. Its *tokens* are words, quoted strings, domain literals and "@";
// white space and comments only separate them. "<" … ">" in a slot makes an address at once, with the tokens before it
// as its name; otherwise the slot's end does, out of the tokens around its "@".
//
// Invariant: every octet is looked at a bounded number of times: tokens are made once and used up by one address.
#include "posthouse/mime/fields/address.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/fields/address_tokens.h"
#include "posthouse/mime/fields/as_written.h"
#include "posthouse/mime/fields/encoded_word.h"
#include "posthouse/mime/wire/encoded_word_reader.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

using Token = AddressToken;
using Kind = AddressToken::Kind;

bool is_well_formed(const Address& address) {
  const std::string_view local = address.local_part();
  const std::string_view domain = address.domain();
  const bool quoted = local.size() >= 2 && local.starts_with('"') && local.ends_with('"');
  const bool literal = domain.size() > 2 && domain.starts_with('[') && domain.ends_with(']');
  return (quoted || is_dot_atom(local)) && (literal || is_dot_atom(domain)) && is_valid_utf8(address.addr);
}

// How the texts of an address come out: decoded for people, or as they are in the message.
enum class AddressTexts : unsigned char { decoded, as_written };

// A phrase as it is in the message, without quotes and folds.
std::string written_phrase(const Token* begin, const Token* end) {
  std::string out;
  for (const Token* token = begin; token != end; ++token) {
    if (token != begin && token->space_before) {
      out += ' ';
    }
    if (token->kind == Kind::quoted) {
      read_quoted(token->raw, 0, &out);
    } else {
      append_unfolded(out, token->raw);
    }
  }
  return out;
}

class AddressReader {
 public:
  AddressReader(std::string_view value, std::size_t limit, AddressTexts texts = AddressTexts::decoded)
      : value_(value), words_(value), left_(limit), texts_(texts) {}

  std::vector<AddressGroup> run() {
    valid_ = is_valid_utf8(value_);
    while (at_ < value_.size() && left_ > 0) {
      step();
    }
    if (at_ < value_.size()) {
      valid_ = false;
    }
    flush();
    if (in_group_) {
      valid_ = false;
    }
    return std::move(groups_);
  }
  bool valid() const { return valid_; }
  // The source route of each address, as they were written.
  const std::vector<std::string>& routes() const { return routes_; }

 private:
  void step() {
    const char c = value_[at_];
    switch (c) {
      case '(':
        return skip_comment_here();
      case '<':
        return read_angle();
      case ',':
        ++at_;
        return flush();
      case ';':
        ++at_;
        return end_group();
      case ':':
        return colon();
      default:
        break;
    }
    if (is_space(c)) {
      space_ = true;
      ++at_;
    } else if (!read_token(slot_)) {
      valid_ = false;
      ++at_;
    }
  }

  void skip_comment_here() {
    const std::size_t end = skip_comment(value_, at_);
    if (end == value_.size() && !closes_comment(at_)) {
      valid_ = false;
    }
    comment_ = value_.substr(at_, end - at_);
    at_ = end;
    space_ = true;
  }

  // Does the comment at value_[at], which reaches the end of the value, end there?
  bool closes_comment(std::size_t at) const {
    std::size_t depth = 0;
    for (; at < value_.size(); ++at) {
      if (value_[at] == '\\') {
        ++at;
      } else if (value_[at] == '(') {
        ++depth;
      } else if (value_[at] == ')') {
        --depth;
      }
    }
    return depth == 0;
  }

  // Reads one token at at_ to the end of `tokens`; false at a character that begins none.
  bool read_token(std::vector<Token>& tokens) {
    Token token;
    const std::size_t begin = at_;
    const char c = value_[at_];
    if (c == '"') {
      token.kind = Kind::quoted;
      at_ = read_quoted(value_, at_, nullptr);
      if (at_ - begin < 2 || value_[at_ - 1] != '"') {
        valid_ = false;
      }
    } else if (c == '[') {
      token.kind = Kind::literal;
      while (at_ < value_.size() && std::string_view("]<>,").find(value_[at_]) == std::string_view::npos) {
        at_ = std::min(at_ + (value_[at_] == '\\' ? 2 : 1), value_.size());
      }
      if (at_ < value_.size() && value_[at_] == ']') {
        ++at_;
      } else {
        valid_ = false;
      }
    } else if (c == '@') {
      token.kind = Kind::at;
      ++at_;
    } else if (!ends_word(c)) {
      read_word();
    } else {
      return false;
    }
    token.raw = value_.substr(begin, at_ - begin);
    token.space_before = std::exchange(space_, false);
    if (token.kind == Kind::at && &tokens == &slot_) {
      slot_has_at_ = true;
    }
    tokens.push_back(token);
    return true;
  }

  // An atom; an encoded word counts as one even if commas or worse are inside (RFC 2047 section 5 (3) forbids them).
  void read_word() {
    while (at_ < value_.size() && !ends_word(value_[at_])) {
      if (value_[at_] == '=' && at_ + 1 < value_.size() && value_[at_ + 1] == '?') {
        const auto word = words_.read(at_);
        if (word && std::none_of(word->text.begin(), word->text.end(), is_space)) {
          at_ = word->end;
          continue;
        }
      }
      ++at_;
    }
  }

  // angle-addr = "<" [ "@" route ":" ] addr-spec ">"; the ">" may be missing.
  void read_angle() {
    ++at_;
    std::vector<Token>& tokens = angle_;
    tokens.clear();
    space_ = false;
    bool closed = false;
    while (at_ < value_.size() && !closed) {
      const char c = value_[at_];
      const bool in_route = !tokens.empty() && tokens.front().kind == Kind::at;
      if (c == '>') {
        closed = true;
        ++at_;
      } else if (is_space(c)) {
        space_ = true;
        ++at_;
      } else if (c == '(') {
        const std::string_view comment = comment_;
        skip_comment_here();
        comment_ = comment;
      } else if (c == ':') {
        if (!in_route) {
          valid_ = false;  // "<mailto:ann@one.test>"
        } else if (texts_ == AddressTexts::as_written) {
          route_ = written_route(tokens);
        }
        tokens.clear();
        ++at_;
      } else if ((c == ',' && !in_route) || c == ';') {
        break;
      } else if (!read_token(tokens)) {
        if (c != ',') {
          valid_ = false;
        }
        ++at_;
      }
    }
    if (!closed) {
      valid_ = false;
    }
    emit(phrase(slot_.data(), slot_.data() + slot_.size()), addr_spec(tokens));
    reset_slot();
    after_angle_ = true;
  }

  std::string phrase(const Token* begin, const Token* end) const {
    return texts_ == AddressTexts::decoded ? phrase_text(begin, end) : written_phrase(begin, end);
  }

  // "@a,@b" out of the tokens before the ":" of a route.
  static std::string written_route(const std::vector<Token>& tokens) {
    std::string route;
    for (const Token& token : tokens) {
      if (token.kind == Kind::at && !route.empty()) {
        route += ',';
      }
      append_unfolded(route, token.raw);
    }
    return route;
  }

  // What is between the angle brackets, the last "@" dividing it.
  std::string addr_spec(const std::vector<Token>& tokens) {
    const Token* begin = tokens.data();
    const Token* end = begin + tokens.size();
    const Token* at = end;
    for (const Token* token = begin; token != end; ++token) {
      if (token->kind == Kind::at) {
        at = token;
      }
    }
    if (begin == end) {
      return {};
    }
    if (at == end) {
      valid_ = false;
      return local_part_text(begin, end);
    }
    if (!is_local_part(begin, at)) {
      valid_ = false;
    }
    return local_part_text(begin, at) + '@' + domain_text(at + 1, end);
  }

  void colon() {
    ++at_;
    if (in_group_ || slot_has_at_ || after_angle_ || slot_.empty()) {
      valid_ = false;
      space_ = true;
      return;
    }
    in_group_ = true;
    groups_.push_back({.name = phrase(slot_.data(), slot_.data() + slot_.size())});
    reset_slot();
  }

  void end_group() {
    flush();
    if (!in_group_) {
      valid_ = false;  // some send ";" between addresses
    }
    in_group_ = false;
    grouped_ = true;
  }

  // The end of a slot: what is left in it becomes addresses, more than one where commas were forgotten.
  void flush() {
    const Token* token = slot_.data();
    const Token* const end = token + slot_.size();
    while (token != end) {
      token = bare_address(token, end);
    }
    reset_slot();
  }

  // One address without angle brackets; returns the first token behind it.
  const Token* bare_address(const Token* begin, const Token* end) {
    const Token* at = std::find_if(begin, end, [](const Token& t) { return t.kind == Kind::at; });
    if (at == end) {
      valid_ = false;
      if (after_angle_ || begin != slot_.data()) {
        return end;  // words behind an address: "ann@one.test Ann"
      }
      std::string words = phrase(begin, end);
      emit({}, std::move(words));
      return end;
    }
    const Token* local = at;
    if (local != begin) {
      --local;
    }
    while (local != begin && belongs_together(local[-1], *local)) {
      --local;
    }
    const Token* behind = at + 1;
    while (behind != end && behind->kind != Kind::at && (behind == at + 1 || belongs_together(behind[-1], *behind))) {
      ++behind;
    }
    if (local != begin || behind != end || !is_local_part(local, at)) {
      valid_ = false;
    }
    emit(phrase(begin, local), local_part_text(local, at) + '@' + domain_text(at + 1, behind));
    return behind;
  }

  void emit(std::string name, std::string addr) {
    if (left_ == 0) {
      return;
    }
    --left_;
    if (texts_ == AddressTexts::as_written) {
      routes_.push_back(std::exchange(route_, {}));
    }
    Address address{.name = std::move(name), .addr = std::move(addr)};
    if (address.name.empty() && !comment_.empty()) {
      address.comment = comment_text(comment_);
      if (texts_ == AddressTexts::decoded) {
        address.comment = decode_words(address.comment);
      }
    }
    if (!is_well_formed(address)) {
      valid_ = false;
    }
    if (!in_group_ && (groups_.empty() || grouped_ || groups_.back().name)) {
      groups_.emplace_back();
      grouped_ = false;
    }
    groups_.back().members.push_back(std::move(address));
  }

  void reset_slot() {
    slot_.clear();
    comment_ = {};
    space_ = false;
    slot_has_at_ = false;
    after_angle_ = false;
  }

  std::string_view value_;
  EncodedWordReader words_;
  std::size_t left_;
  AddressTexts texts_;
  std::string route_{};                // of the address being read
  std::vector<std::string> routes_{};  // only where texts are as written
  std::size_t at_ = 0;
  std::vector<Token> slot_{};
  std::vector<Token> angle_{};
  std::string_view comment_{};  // the last one of the slot
  std::vector<AddressGroup> groups_{};
  bool space_ = false;  // white space or a comment before the next token
  bool slot_has_at_ = false;
  bool in_group_ = false;
  bool grouped_ = false;      // a group has just ended
  bool after_angle_ = false;  // the slot has given an address already
  bool valid_ = true;
};

}  // namespace

std::string_view Address::local_part() const noexcept {
  return std::string_view(addr).substr(0, addr.rfind('@'));
}

std::optional<mail::Address> Address::mailbox() const {
  return mail::Address::parse(addr, mail::AddressSyntax::wire);
}

std::string_view Address::domain() const noexcept {
  const std::size_t at = addr.rfind('@');
  return at == std::string::npos ? std::string_view() : std::string_view(addr).substr(at + 1);
}

std::vector<AddressGroup> parse_address_groups(std::string_view value, std::size_t limit, bool* valid) {
  AddressReader reader(value, limit);
  std::vector<AddressGroup> groups = reader.run();
  if (valid != nullptr && !reader.valid()) {
    *valid = false;
  }
  return groups;
}

std::vector<WrittenGroup> parse_written_addresses(std::string_view value, std::size_t limit) {
  AddressReader reader(value, limit, AddressTexts::as_written);
  std::vector<WrittenGroup> out;
  std::size_t index = 0;
  for (AddressGroup& group : reader.run()) {
    WrittenGroup& written = out.emplace_back();
    written.named = group.name.has_value();
    written.name = std::move(group.name).value_or(std::string());
    for (Address& address : group.members) {
      WrittenAddress& member = written.members.emplace_back();
      member.name = std::move(address.name);
      member.route = reader.routes()[index++];
      const std::string_view local = address.local_part();
      if (local.starts_with('"')) {
        read_quoted(local, 0, &member.local_part);
      } else {
        member.local_part = local;
      }
      member.domain = address.domain();
      member.comment = std::move(address.comment);
    }
  }
  return out;
}

std::vector<Address> parse_addresses(std::string_view value, std::size_t limit) {
  std::vector<Address> out;
  for (AddressGroup& group : parse_address_groups(value, limit)) {
    out.insert(out.end(), std::make_move_iterator(group.members.begin()), std::make_move_iterator(group.members.end()));
  }
  return out;
}

namespace {

// No NUL, and CR and LF only where they fold: CRLF before a blank (RFC 5322 section 2.2.3).
bool is_folded_text(std::string_view value) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\0' || value[i] == '\n') {
      return false;
    }
    if (value[i] != '\r') {
      continue;
    }
    const std::string_view rest = value.substr(i, 3);
    if (!rest.starts_with("\r\n") || rest.size() < 3 || (rest[2] != ' ' && rest[2] != '\t')) {
      return false;
    }
    ++i;
  }
  return true;
}

// RFC 5321 section 4.1.2: no label begins or ends with "-".
bool has_host_labels(std::string_view domain) {
  return domain.starts_with('[') ||
         (!domain.starts_with('-') && !domain.ends_with('-') && domain.find("-.") == std::string_view::npos &&
          domain.find(".-") == std::string_view::npos);
}

}  // namespace

std::optional<Address> parse_address(std::string_view value) {
  bool valid = is_folded_text(value);
  std::vector<AddressGroup> groups = parse_address_groups(value, 2, &valid);
  if (!valid || groups.size() != 1 || groups[0].name || groups[0].members.size() != 1) {
    return std::nullopt;
  }
  if (!has_host_labels(groups[0].members[0].domain())) {
    return std::nullopt;
  }
  return std::move(groups[0].members[0]);
}

bool is_address_field(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 11> names = {
      "From",      "Sender",      "Reply-To",      "To",        "Cc",        "Bcc",
      "Resent-To", "Resent-From", "Resent-Sender", "Resent-Cc", "Resent-Bcc"};
  return std::any_of(names.begin(), names.end(), [&](std::string_view other) { return iequals(name, other); });
}

std::string to_string(const Address& address) {
  if (address.name.empty()) {
    return address.addr;
  }
  const bool quote =
      std::any_of(address.name.begin(), address.name.end(), [](char c) { return c != '.' && is_special(c); });
  return fmt::format("{} <{}>", quote ? quoted_string(address.name) : address.name, address.addr);
}

std::string to_string(const std::vector<Address>& addresses) {
  std::string out;
  for (const Address& address : addresses) {
    if (!out.empty()) {
      out += ", ";
    }
    out += to_string(address);
  }
  return out;
}

}  // namespace posthouse::mime
