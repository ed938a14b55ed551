#include "posthouse/mailauth/spf/record.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/mailauth/spf/macro.h"
#include "posthouse/net/address.h"

namespace posthouse::mailauth {
namespace {

constexpr std::string_view spf_version = "v=spf1";

std::optional<SpfMechanism> mechanism_named(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, SpfMechanism>, 8> names{{{"all", SpfMechanism::all},
                                                                            {"include", SpfMechanism::include},
                                                                            {"a", SpfMechanism::a},
                                                                            {"mx", SpfMechanism::mx},
                                                                            {"ptr", SpfMechanism::ptr},
                                                                            {"ip4", SpfMechanism::ip4},
                                                                            {"ip6", SpfMechanism::ip6},
                                                                            {"exists", SpfMechanism::exists}}};
  for (const auto& [each, mechanism] : names) {
    if (iequals(each, name)) {
      return mechanism;
    }
  }
  return std::nullopt;
}

//     name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." )
bool is_modifier_name(std::string_view name) {
  const auto is_alpha = [](char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; };
  return !name.empty() && is_alpha(name.front()) && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

/// Cuts "/24" off the end of `text` into `prefix`; false when what stands there is no prefix length.
///
///     ip4-cidr-length = "/" ("0" / %x31-39 0*1DIGIT)
bool take_prefix(std::string_view& text, std::string_view slashes, unsigned most, unsigned& prefix) {
  const std::size_t digits = text.find_last_not_of("0123456789") + 1;
  const std::string_view number = text.substr(digits);
  if (number.empty() || !text.substr(0, digits).ends_with(slashes)) {
    return true;  // none there: what is left must be right without it
  }
  if (slashes == "/" && text.substr(0, digits).ends_with("//")) {
    return true;
  }
  if (number.size() > 3 || (number.size() > 1 && number.front() == '0')) {
    return false;
  }
  prefix = 0;
  for (const char c : number) {
    prefix = prefix * 10 + static_cast<unsigned>(c - '0');
  }
  text.remove_suffix(number.size() + slashes.size());
  return prefix <= most;
}

/// What reads one record; `why` is set when a step returns false.
class SpfRecordReader {
 public:
  bool read(std::string_view text) {
    for (const std::string_view word : split(text.substr(spf_version.size()), ' ')) {
      if (!word.empty() && !term(word)) {
        return false;
      }
    }
    return true;
  }

  SpfRecord record;
  std::string why;

 private:
  bool wrong(std::string_view word, std::string_view what) {
    why = fmt::format("\"{}\" {}", printable(word), what);
    return false;
  }

  bool term(std::string_view word) {
    const std::size_t end = std::min(word.find_first_of("=:/"), word.size());
    if (end < word.size() && word[end] == '=') {
      return modifier(word, word.substr(0, end), word.substr(end + 1));
    }
    return directive(word);
  }

  bool modifier(std::string_view word, std::string_view name, std::string_view value) {
    if (!is_modifier_name(name)) {
      return wrong(word, "is no modifier");
    }
    const bool redirect = iequals(name, "redirect");
    if (!redirect && !iequals(name, "exp")) {
      return is_macro_string(value, MacroPlace::domain) || wrong(word, "has no macro-string for its value");
    }
    std::optional<std::string>& place = redirect ? record.redirect : record.exp;
    if (place) {
      return wrong(name, "stands there twice");
    }
    if (!is_domain_spec(value)) {
      return wrong(word, "names no domain");
    }
    place = std::string(value);
    return true;
  }

  bool directive(std::string_view word) {
    SpfTerm term;
    term.text = std::string(word);
    std::string_view rest = word;
    constexpr std::string_view marks = "+-~?";
    constexpr std::array qualifiers{Verdict::pass, Verdict::fail, Verdict::softfail, Verdict::neutral};
    if (const std::size_t mark = marks.find(rest.front()); mark != std::string_view::npos) {
      term.qualifier = qualifiers[mark];
      rest.remove_prefix(1);
    }
    const std::size_t end = std::min(rest.find_first_of(":/"), rest.size());
    const std::optional<SpfMechanism> mechanism = mechanism_named(rest.substr(0, end));
    if (!mechanism) {
      return wrong(word, "is no mechanism");
    }
    term.mechanism = *mechanism;
    rest.remove_prefix(end);
    if (!argument(term, rest)) {
      return why.empty() ? wrong(word, "cannot be read") : false;
    }
    record.terms.push_back(std::move(term));
    return true;
  }

  bool argument(SpfTerm& term, std::string_view rest) {
    switch (term.mechanism) {
      case SpfMechanism::all:
        return rest.empty();
      case SpfMechanism::include:
      case SpfMechanism::exists:
        return domain(term, rest, true);
      case SpfMechanism::ptr:
        return domain(term, rest, false);
      case SpfMechanism::a:
      case SpfMechanism::mx:
        return take_prefix(rest, "//", 128, term.ip6_prefix) && take_prefix(rest, "/", 32, term.ip4_prefix) &&
               domain(term, rest, false);
      case SpfMechanism::ip4:
        return take_prefix(rest, "/", 32, term.ip4_prefix) && network(term, rest, "0123456789.", 4);
      case SpfMechanism::ip6:
        return take_prefix(rest, "/", 128, term.ip6_prefix) && network(term, rest, "0123456789abcdefABCDEF:.", 16);
    }
    return false;
  }

  bool domain(SpfTerm& term, std::string_view rest, bool needed) {
    if (rest.empty()) {
      return !needed || wrong(term.text, "names no domain");
    }
    if (rest.front() != ':' || !is_domain_spec(rest.substr(1))) {
      return wrong(term.text, net::Address::try_ip(rest.substr(1), 0)
                                  ? "names an address where a domain belongs (ip4 and ip6 take addresses)"
                                  : "names no domain");
    }
    term.domain = std::string(rest.substr(1));
    return true;
  }

  bool network(SpfTerm& term, std::string_view rest, std::string_view octets, std::size_t size) {
    if (rest.empty() || rest.front() != ':' || rest.find_first_not_of(octets, 1) != std::string_view::npos) {
      return wrong(term.text, "names no address");
    }
    const std::optional<net::Address> address = net::Address::try_ip(rest.substr(1), 0);
    if (!address || address->octets().size() != size) {
      return wrong(term.text, "names no address");
    }
    term.network = std::string(address->octets());
    return true;
  }
};

}  // namespace

bool is_spf_record(std::string_view text) noexcept {
  return istarts_with(text, spf_version) && (text.size() == spf_version.size() || text[spf_version.size()] == ' ');
}

std::optional<SpfRecord> SpfRecord::parse(std::string_view text, std::string* why) {
  SpfRecordReader reader;
  if (is_spf_record(text) && reader.read(text)) {
    return std::move(reader.record);
  }
  if (why != nullptr) {
    *why = reader.why.empty() ? "it does not begin with v=spf1" : std::move(reader.why);
  }
  return std::nullopt;
}

}  // namespace posthouse::mailauth
