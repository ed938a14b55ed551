#include "posthouse/mta_sts/policy.h"

#include <algorithm>
#include <charconv>

#include "posthouse/base/text.h"
#include "posthouse/mail/domain.h"

namespace posthouse::mta_sts {
namespace {

constexpr std::size_t most_patterns = 256;
constexpr std::int64_t longest_age = 31'557'600;  // RFC 8461 section 3.2
constexpr std::string_view blanks = " \t";

std::string_view trim_blanks(std::string_view text) noexcept {
  const std::size_t begin = text.find_first_not_of(blanks);
  return begin == std::string_view::npos ? std::string_view()
                                         : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// A host name in A-labels; nothing when it is none.
std::optional<std::string> host_name(std::string_view text) {
  const std::optional<mail::Domain> domain = mail::Domain::parse(text);
  if (!domain || domain->is_literal() || !domain->is_host_name()) {
    return std::nullopt;
  }
  return domain->ascii();
}

// RFC 8461 section 3.2: sts-policy-mx-value = ["*."] Domain
std::optional<std::string> pattern_of(std::string_view text) {
  const bool wildcard = text.starts_with("*.");
  std::optional<std::string> name = host_name(wildcard ? text.substr(2) : text);
  if (name && wildcard) {
    name->insert(0, "*.");
  }
  return name;
}

std::optional<Mode> mode_of(std::string_view word) noexcept {
  for (const Mode mode : {Mode::none, Mode::testing, Mode::enforce}) {
    if (word == to_string(mode)) {
      return mode;
    }
  }
  return std::nullopt;
}

std::optional<std::chrono::seconds> age_of(std::string_view text) noexcept {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // At most ten digits (RFC 8461 section 3.2); what is longer than a year counts as one.
  if (text.empty() || text.size() > 10 || !is_digit(text.front()) || error != std::errc() ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  return std::chrono::seconds(std::min(value, longest_age));
}

// RFC 8461 section 3.2: sts-policy-ext-name, sts-policy-ext-value.
bool is_key(std::string_view text) noexcept {
  const auto is_alphanumeric = [](char c) { return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z'); };
  return !text.empty() && text.size() <= 32 && is_alphanumeric(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_alphanumeric(c) || c == '_' || c == '-' || c == '.'; });
}

bool has_controls(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return (octet < 0x20 && c != '\t') || octet == 0x7F;
  });
}

/// The fields of a policy as they are met, and what is wrong with them.
class PolicyReader {
 public:
  bool read_line(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || has_controls(line)) {
      return fail(line, "is no \"key: value\"");
    }
    const std::string_view key = trim_blanks(line.substr(0, colon));
    const std::string_view value = trim_blanks(line.substr(colon + 1));
    if (!is_key(key)) {
      return fail(line, "has a key that can be none");
    }
    if (key == "mx") {
      return read_mx(value);
    }
    if (key == "version") {
      return read_once(version_, value == "STSv1" ? std::optional(true) : std::nullopt, line);
    }
    if (key == "mode") {
      return read_once(mode_, mode_of(value), line);
    }
    return key != "max_age" || read_once(age_, age_of(value), line);
  }

  std::optional<Policy> finish(std::string_view text) {
    if (!version_ || !mode_ || !age_) {
      why = "the policy lacks its version, its mode or its max_age";
      return std::nullopt;
    }
    if (mx_.empty() && *mode_ != Mode::none) {
      why = "the policy names no host (mx)";
      return std::nullopt;
    }
    return Policy{.mode = *mode_, .mx = std::move(mx_), .max_age = *age_, .text = std::string(text)};
  }

  std::string why;

 private:
  bool fail(std::string_view line, std::string_view what) {
    why = "the line \"" + printable(line) + "\" of the policy " + std::string(what);
    return false;
  }
  bool read_mx(std::string_view value) {
    std::optional<std::string> pattern = pattern_of(value);
    if (!pattern) {
      return fail(value, "is no pattern of hosts");
    }
    if (mx_.size() < most_patterns) {
      mx_.push_back(std::move(*pattern));
    }
    return true;
  }
  /// The first of a key counts (RFC 8461 section 3.2).
  template <class T>
  bool read_once(std::optional<T>& into, std::optional<T> value, std::string_view line) {
    if (into) {
      return true;
    }
    into = value;
    return into ? true : fail(line, "has a value that it cannot have");
  }

  std::optional<bool> version_;
  std::optional<Mode> mode_;
  std::optional<std::chrono::seconds> age_;
  std::vector<std::string> mx_;
};

// RFC 8461 section 3.1: sts-id = 1*32(ALPHA / DIGIT)
std::optional<std::string> id_of(std::string_view record, std::string& why) {
  std::optional<std::string> id;
  for (std::string_view field : split(record, ';')) {
    field = trim_blanks(field);
    const std::size_t sign = field.find('=');
    if (field.empty()) {
      continue;
    }
    if (sign == std::string_view::npos) {
      why = "the TXT record has the field \"" + printable(field) + "\", which has no value";
      return std::nullopt;
    }
    if (trim_blanks(field.substr(0, sign)) == "id" && !id) {
      id = std::string(trim_blanks(field.substr(sign + 1)));
    }
  }
  if (!id || id->empty() || id->size() > 32 || !std::all_of(id->begin(), id->end(), [](char c) {
        return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
      })) {
    why = "the TXT record has no id of 1 to 32 letters and digits";
    return std::nullopt;
  }
  return id;
}

// RFC 8461 section 3.1: sts-version = %s"v=STSv1", then a semicolon.
bool is_sts_record(std::string_view text) noexcept {
  constexpr std::string_view version = "v=STSv1";
  return text.starts_with(version) && trim_blanks(text.substr(version.size())).starts_with(';');
}

}  // namespace

std::string_view to_string(Mode mode) noexcept {
  switch (mode) {
    case Mode::none:
      return "none";
    case Mode::testing:
      return "testing";
    case Mode::enforce:
      return "enforce";
  }
  return "none";
}

bool Policy::matches(std::string_view host) const {
  const std::optional<std::string> name = host_name(host);
  if (!name) {
    return false;
  }
  const std::size_t dot = name->find('.');
  const std::string_view parent =
      dot == std::string::npos ? std::string_view() : std::string_view(*name).substr(dot + 1);
  return std::any_of(mx.begin(), mx.end(), [&](const std::string& pattern) {
    return pattern.starts_with("*.") ? !parent.empty() && std::string_view(pattern).substr(2) == parent
                                     : pattern == *name;
  });
}

std::optional<Policy> parse_policy(std::string_view text, std::string& why) {
  if (text.size() > policy_limit) {
    why = "the policy is longer than " + std::to_string(policy_limit) + " octets";
    return std::nullopt;
  }
  PolicyReader reader;
  for (std::string_view line : split(text, '\n')) {
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (!trim_blanks(line).empty() && !reader.read_line(line)) {
      why = reader.why;
      return std::nullopt;
    }
  }
  std::optional<Policy> policy = reader.finish(text);
  why = policy ? std::string() : reader.why;
  return policy;
}

std::optional<std::string> parse_records(const std::vector<std::string>& texts, std::string& why) {
  const auto count = std::count_if(texts.begin(), texts.end(), is_sts_record);
  if (count != 1) {
    why = count == 0 ? "there is no TXT record of MTA-STS" : "there is more than one TXT record of MTA-STS";
    return std::nullopt;
  }
  return id_of(*std::find_if(texts.begin(), texts.end(), is_sts_record), why);
}

}  // namespace posthouse::mta_sts
