#include "posthouse/mailauth/spf/evaluation.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/mailauth/dns/name.h"
#include "posthouse/net/error.h"
#include "posthouse/net/host_name.h"

namespace posthouse::mailauth {
namespace {

constexpr std::size_t most_steps = 300;
constexpr std::size_t most_of_explanation = 500;

/// True when the first `bits` of both are the same.
bool same_prefix(std::string_view a, std::string_view b, unsigned bits) {
  const std::size_t whole = bits / 8;
  if (a.size() != b.size() || a.substr(0, whole) != b.substr(0, whole)) {
    return false;
  }
  const unsigned rest = bits % 8;
  return rest == 0 || (static_cast<unsigned char>(a[whole]) ^ static_cast<unsigned char>(b[whole])) >> (8 - rest) == 0;
}

/// A U-label is asked for as its A-label (RFC 8616 section 4); what has none stays as it is, and is no name.
std::string as_asked(const std::string& domain) {
  try {
    std::string name = net::to_ascii_host(domain);
    if (name.ends_with('.')) {
      name.pop_back();
    }
    return name;
  } catch (const net::Error&) {
    return domain;
  }
}

std::string listed(const std::vector<std::string>& items) {
  constexpr std::size_t most = 8;
  std::string text = fmt::format(
      "{}", fmt::join(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(std::min(items.size(), most)), ", "));
  return items.size() > most ? fmt::format("{} and {} more", text, items.size() - most) : text;
}

std::string listed(const std::vector<net::Address>& addresses) {
  std::vector<std::string> texts;
  for (const net::Address& address : addresses) {
    texts.push_back(address.ip());
  }
  return listed(texts);
}

}  // namespace

SpfEvaluation::SpfEvaluation(const SpfQuery& query, net::Resolver& resolver, const SpfLimits& limits,
                             net::Deadline deadline)
    : query_(query),
      resolver_(resolver),
      limits_(limits),
      deadline_(net::Deadline::earlier(deadline, net::Deadline(limits.time))) {
  const std::size_t at = query.sender.rfind('@');
  values_.ip = query.ip;
  values_.local_part = at == std::string::npos || at == 0 ? "postmaster" : query.sender.substr(0, at);
  values_.sender_domain = at == std::string::npos ? query.sender : query.sender.substr(at + 1);
  values_.helo = query.helo;
  values_.receiver = query.receiver;
  values_.host_name = [this] { return host_name(); };
  outcome_.query = query;
}

SpfOutcome SpfEvaluation::run() {
  try {
    const std::string domain = as_asked(query_.domain);
    if (std::string why = why_malformed(domain); !why.empty()) {
      throw Stop{Verdict::none, std::move(why)};
    }
    Lookup lookup;
    std::optional<SpfRecord> record = load(domain, lookup);
    if (!record) {
      throw Stop{Verdict::none, lookup.why.empty() ? domain + " has no SPF record" : lookup.why};
    }
    frames_.push_back({domain, std::move(*record)});
    std::optional<Decision> decision;
    while (!decision || !finished(*decision)) {
      decision = advance();
    }
    outcome_.verdict = decision->result;
    outcome_.reason = std::move(decision->reason);
    outcome_.mechanism = std::move(decision->mechanism);
    if (outcome_.verdict == Verdict::fail) {
      outcome_.explanation = explain();
    }
  } catch (Stop& stop) {
    outcome_.verdict = stop.result;
    outcome_.reason = std::move(stop.reason);
    step(outcome_.reason);
  }
  frames_.clear();
  step(fmt::format("result: {}", to_string(outcome_.verdict)));
  return std::move(outcome_);
}

// RFC 7208 section 4.3.
std::string SpfEvaluation::why_malformed(const std::string& domain) const {
  if (!query_.ip.is_ip()) {
    return "the client has no IP address";
  }
  if (!is_dns_name(domain) || domain.front() == '[') {
    return fmt::format("\"{}\" is no domain name", printable(query_.domain));
  }
  if (domain.find('.') == std::string::npos) {
    return fmt::format("{} is a single label, no domain name of the Internet", domain);
  }
  return {};
}

/// The record of `domain`; nothing when there is none, and then `lookup` may say why.
std::optional<SpfRecord> SpfEvaluation::load(const std::string& domain, Lookup& lookup) {
  lookup = look_up_texts(resolver_, domain, deadline_);
  require_answer(lookup);
  std::vector<std::string> records;
  std::copy_if(lookup.records.begin(), lookup.records.end(), std::back_inserter(records), is_spf_record);
  if (records.empty()) {
    return std::nullopt;
  }
  if (records.size() > 1) {
    throw Stop{Verdict::permerror, fmt::format("{} has {} SPF records", domain, records.size())};
  }
  const std::string& text = records.front();
  step(fmt::format("{}: {}", domain, printable(text, 500)));
  if (text.size() > limits_.record_octets) {
    throw Stop{Verdict::permerror, fmt::format("the SPF record of {} has {} octets", domain, text.size())};
  }
  std::string why;
  std::optional<SpfRecord> record = SpfRecord::parse(text, &why);
  if (!record) {
    throw Stop{Verdict::permerror, fmt::format("the SPF record of {} is wrong: {}", domain, why)};
  }
  return record;
}

/// The record that an include or a redirect cannot do without (sections 5.2 and 6.1).
SpfEvaluation::Frame SpfEvaluation::needed(const std::string& domain, std::string_view by) {
  Lookup lookup;
  std::optional<SpfRecord> record = load(domain, lookup);
  if (!record) {
    throw Stop{Verdict::permerror, fmt::format("{} leads to no SPF record: {}", by,
                                               lookup.why.empty() ? printable(domain) + " has none" : lookup.why)};
  }
  return {domain, std::move(*record)};
}

/// Looks at the next term; a decision when the record on top of the stack has come to one.
std::optional<SpfEvaluation::Decision> SpfEvaluation::advance() {
  Frame& frame = frames_.back();
  values_.domain = frame.domain;
  if (frame.next == frame.record.terms.size()) {
    return unmatched();
  }
  // Copied: an include changes the stack.
  const SpfTerm term = frame.record.terms[frame.next++];
  if (term.mechanism == SpfMechanism::include) {
    count_lookup(term.text);
    const std::string domain = target(term.domain);
    step(fmt::format("{}: the record of {}", term.text, printable(domain)));
    frames_.push_back(needed(domain, term.text));
    return std::nullopt;
  }
  std::string reason;
  if (!matches(term, reason)) {
    return std::nullopt;
  }
  return Decision{term.qualifier, std::move(reason), term.text};
}

/// At the end of a record: redirect=, or neutral (section 4.7).
std::optional<SpfEvaluation::Decision> SpfEvaluation::unmatched() {
  Frame& frame = frames_.back();
  if (!frame.record.redirect) {
    return Decision{Verdict::neutral, fmt::format("nothing in the record of {} matches", frame.domain), "default"};
  }
  const std::string text = "redirect=" + *frame.record.redirect;
  count_lookup(text);
  const std::string domain = target(*frame.record.redirect);
  step(fmt::format("{}: the record of {} instead", text, printable(domain)));
  frames_.back() = needed(domain, text);
  return std::nullopt;
}

/// Takes the decision on an included record for that on its include (section 5.2); true when nothing is left to do.
bool SpfEvaluation::finished(Decision& decision) {
  while (frames_.size() > 1) {
    const std::string inner = frames_.back().domain;
    frames_.pop_back();
    const Frame& outer = frames_.back();
    const SpfTerm& include = outer.record.terms[outer.next - 1];
    const bool match = decision.result == Verdict::pass;
    step(fmt::format("{}: {} of {}, {}", include.text, to_string(decision.result), inner,
                     match ? "a match" : "no match"));
    if (!match) {
      return false;
    }
    decision = {include.qualifier,
                fmt::format("{} ({} of {}, included by {})", decision.reason, decision.mechanism, inner, outer.domain),
                include.text};
  }
  return true;
}

bool SpfEvaluation::matches(const SpfTerm& term, std::string& reason) {
  const std::string& domain = frames_.back().domain;
  bool match = false;
  switch (term.mechanism) {
    case SpfMechanism::all:
      match = true;
      break;
    case SpfMechanism::ip4:
    case SpfMechanism::ip6:
      match = matches_network(term);
      break;
    case SpfMechanism::a:
      count_lookup(term.text);
      match = matches_addresses(term, target(term.domain), true);
      break;
    case SpfMechanism::mx:
      count_lookup(term.text);
      match = matches_mx(term);
      break;
    case SpfMechanism::ptr:
      count_lookup(term.text);
      match = matches_ptr(term);
      break;
    case SpfMechanism::exists:
      count_lookup(term.text);
      match = matches_exists(term);
      break;
    case SpfMechanism::include:
      break;  // advance() takes it
  }
  step(fmt::format("{}: {}", term.text, match ? "match" : "no match"));
  if (match) {
    reason =
        term.mechanism == SpfMechanism::all
            ? fmt::format("{} is none of the hosts that {} names; the rest is {}", query_.ip.ip(), domain, term.text)
            : fmt::format("{} matches {} of {}", query_.ip.ip(), term.text, domain);
  }
  return match;
}

bool SpfEvaluation::matches_network(const SpfTerm& term) const {
  return same_prefix(client(), term.network, ipv6() ? term.ip6_prefix : term.ip4_prefix);
}

/// Whether an address of `host` is the client's, as far as the prefix goes. `counted`: nothing is a void look-up.
bool SpfEvaluation::matches_addresses(const SpfTerm& term, const std::string& host, bool counted) {
  Lookup lookup;
  const std::vector<net::Address> addresses = look_up_addresses(resolver_, host, ipv6(), deadline_, lookup);
  require_answer(lookup);
  step(fmt::format("  {}: {}", printable(host), addresses.empty() ? lookup.why : listed(addresses)));
  if (counted) {
    count_void(lookup);
  }
  return std::any_of(addresses.begin(), addresses.end(), [&](const net::Address& address) {
    return same_prefix(client(), address.octets(), ipv6() ? term.ip6_prefix : term.ip4_prefix);
  });
}

// Section 5.4. Of a host without an address nothing is counted: where the client comes by IPv6, hosts of IPv4 alone are no
// fault of the domain's, and their number has its own limit.
bool SpfEvaluation::matches_mx(const SpfTerm& term) {
  const std::string domain = target(term.domain);
  const Lookup lookup = look_up(resolver_, domain, net::DnsType::mx, deadline_);
  require_answer(lookup);
  count_void(lookup);
  std::vector<std::pair<unsigned, std::string>> hosts;
  for (const std::string& rdata : lookup.records) {
    if (rdata.size() < 3) {
      continue;
    }
    // An exchange need not be the name of a host here, so this is not net::parse_mx().
    if (auto name = net::parse_domain_name(std::string_view(rdata).substr(2)); name && *name != ".") {
      hosts.emplace_back(static_cast<unsigned char>(rdata[0]) * 256U + static_cast<unsigned char>(rdata[1]),
                         std::move(*name));
    }
  }
  std::sort(hosts.begin(), hosts.end());
  if (hosts.empty()) {
    step(fmt::format("  {}", lookup.why.empty() ? printable(domain) + " takes no mail" : lookup.why));
  }
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (i == limits_.names) {
      throw Stop{Verdict::permerror, fmt::format("{} has more than {} MX records", printable(domain), limits_.names)};
    }
    if (matches_addresses(term, hosts[i].second, false)) {
      return true;
    }
  }
  return false;
}

// Section 5.5.
bool SpfEvaluation::matches_ptr(const SpfTerm& term) {
  const std::string domain = target(term.domain);
  const std::vector<std::string>& names = validated_names();
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return is_domain_or_below(name, domain); });
}

// Section 5.7: A records whatever the client.
bool SpfEvaluation::matches_exists(const SpfTerm& term) {
  const std::string domain = target(term.domain);
  Lookup lookup;
  const auto addresses = look_up_addresses(resolver_, domain, false, deadline_, lookup);
  require_answer(lookup);
  step(fmt::format("  {}: {}", printable(domain), addresses.empty() ? lookup.why : listed(addresses)));
  count_void(lookup);
  return !addresses.empty();
}

/// The names of the client that lead back to it (section 5.5). What cannot be asked is no name: the client's DNS decides
/// nothing about the domain.
const std::vector<std::string>& SpfEvaluation::validated_names() {
  if (names_) {
    return *names_;
  }
  names_.emplace();
  const Lookup lookup = look_up(resolver_, net::reverse_name(query_.ip), net::DnsType::ptr, deadline_);
  std::size_t count = 0;
  for (const std::string& rdata : lookup.records) {
    const std::optional<std::string> name = net::parse_domain_name(rdata);
    if (count == limits_.names) {
      step(fmt::format("  {} has more than {} names; the others are not looked at", query_.ip.ip(), limits_.names));
      break;
    }
    ++count;
    if (!name) {
      continue;
    }
    Lookup forward;
    const auto addresses = look_up_addresses(resolver_, *name, ipv6(), deadline_, forward);
    const bool confirmed = std::any_of(addresses.begin(), addresses.end(),
                                       [&](const net::Address& address) { return address.octets() == client(); });
    step(fmt::format("  {} is called {}: {}", query_.ip.ip(), *name, confirmed ? "confirmed" : "not confirmed"));
    if (confirmed) {
      names_->push_back(*name);
    }
  }
  if (count == 0) {
    step(fmt::format("  {} has no name", query_.ip.ip()));
  }
  return *names_;
}

/// %{p} (section 7.3): the domain itself, else a name below it, else any.
std::string SpfEvaluation::host_name() {
  const std::vector<std::string>& names = validated_names();
  for (const std::string& name : names) {
    if (iequals(name, values_.domain)) {
      return name;
    }
  }
  for (const std::string& name : names) {
    if (is_domain_or_below(name, values_.domain)) {
      return name;
    }
  }
  return names.empty() ? "unknown" : names.front();
}

std::string SpfEvaluation::target(const std::string& domain_spec) {
  return domain_spec.empty() ? frames_.back().domain : expand_domain(domain_spec, values_);
}

// Section 6.2: whatever goes wrong here, there is no explanation.
std::string SpfEvaluation::explain() {
  const std::optional<std::string>& exp = frames_.back().record.exp;
  if (!exp) {
    return {};
  }
  values_.domain = frames_.back().domain;
  const std::string name = expand_domain(*exp, values_);
  const Lookup lookup = look_up_texts(resolver_, name, deadline_);
  if (lookup.records.size() != 1 || !is_macro_string(lookup.records.front(), MacroPlace::explanation)) {
    step(fmt::format("exp={}: no explanation at {}", *exp, printable(name)));
    return {};
  }
  std::string text = expand_macros(lookup.records.front(), values_).value_or(std::string());
  text.resize(std::min(text.size(), most_of_explanation));
  std::replace_if(text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  step(fmt::format("exp={}: \"{}\"", *exp, text));
  return text;
}

void SpfEvaluation::count_lookup(std::string_view term) {
  if (outcome_.lookups == limits_.lookups) {
    throw Stop{Verdict::permerror, fmt::format("{} would be more than {} look-ups", printable(term), limits_.lookups)};
  }
  ++outcome_.lookups;
}

void SpfEvaluation::count_void(const Lookup& lookup) {
  if (!lookup.found() && ++outcome_.void_lookups > limits_.void_lookups) {
    throw Stop{Verdict::permerror, fmt::format("more than {} look-ups brought nothing", limits_.void_lookups)};
  }
}

void SpfEvaluation::require_answer(const Lookup& lookup) {
  if (lookup.failed()) {
    throw Stop{Verdict::temperror, lookup.why};
  }
}

void SpfEvaluation::step(const std::string& text) {
  if (outcome_.steps.size() < most_steps) {
    const std::size_t depth = frames_.empty() ? 0 : frames_.size() - 1;
    outcome_.steps.push_back(std::string(2 * depth, ' ') + text);
  }
}

}  // namespace posthouse::mailauth
