#include "posthouse/mailauth/dmarc/record.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"

namespace posthouse::mailauth {
namespace {

constexpr std::size_t most_uris = 100;
constexpr std::size_t most_problems = 20;

bool is_ascii_letter(char c) {
  return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view()
                                         : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// dmarc-tag = 1*ALPHA equals 1*dmarc-value
struct DmarcTag {
  std::string_view name;
  std::string_view value;
  bool valid;
};

DmarcTag split_tag(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view name = without_blanks(text.substr(0, equals));
  const std::string_view value =
      equals == std::string_view::npos ? std::string_view() : without_blanks(text.substr(equals + 1));
  const bool is_name = !name.empty() && std::all_of(name.begin(), name.end(), is_ascii_letter);
  const bool is_value = !value.empty() && std::all_of(value.begin(), value.end(),
                                                      [](char c) { return (c >= ' ' && c <= '~') || c == '\t'; });
  return {name, value, is_name && is_value};
}

std::optional<DmarcPolicy> policy_named(std::string_view value) {
  for (const DmarcPolicy policy : {DmarcPolicy::none, DmarcPolicy::quarantine, DmarcPolicy::reject}) {
    if (iequals(value, to_string(policy))) {
      return policy;
    }
  }
  return std::nullopt;
}

/// 1*DIGIT, as far as the type goes.
std::optional<std::uint64_t> decimal_number(std::string_view text) {
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c) || value > (std::numeric_limits<std::uint64_t>::max() - 9) / 10) {
      return std::nullopt;
    }
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return text.empty() ? std::nullopt : std::optional(value);
}

/// "10m": RFC 7489 section 6.2, powers of two.
std::optional<std::uint64_t> size_limit(std::string_view text) {
  constexpr std::string_view units = "kmgt";
  unsigned shift = 0;
  if (!text.empty()) {
    if (const std::size_t unit = units.find(to_lower(text.back())); unit != std::string_view::npos) {
      shift = 10 * (static_cast<unsigned>(unit) + 1);
      text.remove_suffix(1);
    }
  }
  const std::optional<std::uint64_t> number = decimal_number(text);
  if (!number || *number > std::numeric_limits<std::uint64_t>::max() >> shift) {
    return std::nullopt;
  }
  return *number << shift;
}

//     URI = scheme ":" …,  scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
bool is_uri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size() || !is_ascii_letter(text.front())) {
    return false;
  }
  const std::string_view scheme = text.substr(0, colon);
  const std::string_view rest = text.substr(colon + 1);
  const bool is_scheme = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return is_ascii_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
  return is_scheme && rest.find_first_of(" \t<>\"\\^`{|}") == std::string_view::npos &&
         (!iequals(scheme, "mailto") || rest.find('@') != std::string_view::npos);
}

std::optional<DmarcReportUri> report_uri(std::string_view text) {
  DmarcReportUri uri;
  if (const std::size_t mark = text.rfind('!'); mark != std::string_view::npos) {
    const std::optional<std::uint64_t> size = size_limit(text.substr(mark + 1));
    if (!size) {
      return std::nullopt;
    }
    uri.max_octets = *size;
    text = text.substr(0, mark);
  }
  if (!is_uri(text)) {
    return std::nullopt;
  }
  uri.uri = std::string(text);
  return uri;
}

bool is_policy_tag(std::string_view name) {
  return iequals(name, "p") || iequals(name, "sp") || iequals(name, "np");
}

/// What reads the tags of one record.
class DmarcRecordReader {
 public:
  /// Why the record is none; nothing when it is one.
  std::optional<std::string> read(std::string_view text) {
    std::set<std::string> seen;
    bool is_version = true;
    for (const std::string_view piece : split(text, ';')) {
      if (std::exchange(is_version, false) || without_blanks(piece).empty()) {
        continue;
      }
      const DmarcTag tag = split_tag(piece);
      if (!seen.insert(to_lower(tag.name)).second) {
        return fmt::format("{}= stands there twice", printable(tag.name));
      }
      if (!tag.valid) {
        problem(fmt::format("\"{}\" is no tag", printable(without_blanks(piece))));
        record.bad_policy = record.bad_policy || is_policy_tag(tag.name);
      } else {
        take(tag);
      }
    }
    if (!record.policy) {
      record.bad_policy = true;
      problem("there is no policy (p=)");
    }
    return std::nullopt;
  }

  DmarcRecord record;

 private:
  void problem(std::string text) {
    if (record.problems.size() < most_problems) {
      record.problems.push_back(std::move(text));
    }
  }
  void wrong(const DmarcTag& tag) { problem(fmt::format("{}={} has no meaning", tag.name, printable(tag.value))); }

  void take(const DmarcTag& tag) {
    const auto is = [&](std::string_view name) { return iequals(tag.name, name); };
    if (is_policy_tag(tag.name)) {
      take_policy(tag, is("p") ? record.policy : is("sp") ? record.subdomain_policy : record.nonexistent_policy);
    } else if (is("adkim") || is("aspf")) {
      choose(tag, "r", "s", is("adkim") ? record.strict_dkim : record.strict_spf);
    } else if (is("t")) {
      choose(tag, "n", "y", record.testing);
    } else if (is("psd")) {
      take_psd(tag);
    } else if (is("rua") || is("ruf")) {
      take_uris(tag, is("rua") ? record.aggregate_uris : record.failure_uris);
    } else if (is("fo")) {
      take_failure_options(tag);
    } else if (is("pct")) {
      take_percent(tag);
    }
  }

  void take_policy(const DmarcTag& tag, std::optional<DmarcPolicy>& place) {
    place = policy_named(tag.value);
    if (!place) {
      record.bad_policy = true;
      wrong(tag);
    }
  }

  void choose(const DmarcTag& tag, std::string_view no, std::string_view yes, bool& place) {
    place = iequals(tag.value, yes);
    if (!place && !iequals(tag.value, no)) {
      wrong(tag);
    }
  }

  void take_psd(const DmarcTag& tag) {
    if (iequals(tag.value, "y")) {
      record.psd = DmarcRecord::Psd::yes;
    } else if (iequals(tag.value, "n")) {
      record.psd = DmarcRecord::Psd::no;
    } else if (!iequals(tag.value, "u")) {
      wrong(tag);
    }
  }

  void take_percent(const DmarcTag& tag) {
    const std::optional<std::uint64_t> percent = decimal_number(tag.value);
    if (percent && *percent <= 100) {
      record.percent = static_cast<unsigned>(*percent);
    } else {
      wrong(tag);
    }
  }

  void take_uris(const DmarcTag& tag, std::vector<DmarcReportUri>& place) {
    for (const std::string_view piece : split(tag.value, ',')) {
      if (place.size() == most_uris) {
        return;
      }
      if (auto uri = report_uri(without_blanks(piece))) {
        place.push_back(std::move(*uri));
      } else {
        problem(fmt::format("{}: \"{}\" is nowhere to report to", tag.name, printable(without_blanks(piece))));
      }
    }
  }

  void take_failure_options(const DmarcTag& tag) {
    std::string options;
    for (const std::string_view piece : split(tag.value, ':')) {
      const std::string option = to_lower(without_blanks(piece));
      if (option.size() != 1 || std::string_view("01ds").find(option) == std::string_view::npos ||
          options.size() > 16) {
        return wrong(tag);
      }
      options += (options.empty() ? "" : ":") + option;
    }
    record.failure_options = options;
  }
};

}  // namespace

std::string_view to_string(DmarcPolicy policy) noexcept {
  switch (policy) {
    case DmarcPolicy::none:
      return "none";
    case DmarcPolicy::quarantine:
      return "quarantine";
    case DmarcPolicy::reject:
      return "reject";
  }
  return "none";
}

bool is_dmarc_record(std::string_view text) noexcept {
  const DmarcTag version = split_tag(text.substr(0, text.find(';')));
  return iequals(version.name, "v") && version.value == "DMARC1";
}

std::optional<DmarcRecord> DmarcRecord::parse(std::string_view text, std::string* why) {
  DmarcRecordReader reader;
  std::optional<std::string> fault =
      is_dmarc_record(text) ? reader.read(text) : std::optional<std::string>("it does not begin with v=DMARC1");
  if (!fault) {
    return std::move(reader.record);
  }
  if (why != nullptr) {
    *why = std::move(*fault);
  }
  return std::nullopt;
}

}  // namespace posthouse::mailauth
