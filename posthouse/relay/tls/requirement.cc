#include "posthouse/relay/tls/requirement.h"

#include "posthouse/base/text.h"

namespace posthouse::relay {
namespace {

using Level = Requirement::Level;

Requirement refused(PolicyKind policy, std::string status, std::string why, std::string fault = {}) {
  Requirement result;
  result.level = Level::refused;
  result.policy = policy;
  result.status = std::move(status);
  result.why = std::move(why);
  result.fault = std::move(fault);
  return result;
}

Requirement at_level(Level level, const TlsFacts& facts, PolicyKind policy = PolicyKind::none, std::string why = {}) {
  Requirement result;
  result.level = level;
  result.policy = policy;
  result.server_name = facts.host;
  result.why = std::move(why);
  return result;
}

/// What the administrator has said about the route; nothing where DNS and policies decide.
std::optional<Requirement> by_route(const TlsFacts& facts) {
  switch (facts.route) {
    case RouteTls::none:
      if (facts.letter == LetterTls::required) {
        return refused(PolicyKind::none, "5.7.10",
                       "the letter must go over TLS (REQUIRETLS), and the route to " + facts.host + " has none");
      }
      return at_level(Level::plain, facts);
    case RouteTls::starttls:
    case RouteTls::implicit: {
      Requirement result = at_level(Level::authorities, facts, PolicyKind::none, "the route asks for it");
      result.implicit = facts.route == RouteTls::implicit;
      return result;
    }
    case RouteTls::opportunistic:
      break;
  }
  return std::nullopt;
}

Requirement by_dane(const TlsFacts& facts) {
  const std::string where = "the TLSA records of " + facts.dane.base;
  if (facts.dane.kind == Dane::Kind::unusable) {
    Requirement result =
        at_level(Level::encrypted, facts, PolicyKind::dane, where + " ask for it, though none is usable");
    result.server_name = facts.dane.base;
    return result;
  }
  Requirement result = at_level(Level::dane, facts, PolicyKind::dane, where + " ask for it");
  result.server_name = facts.dane.base;
  result.records = facts.dane.records;
  for (const std::string& name : {facts.host, facts.domain, facts.canonical_domain}) {
    if (!name.empty() && !iequals(name, facts.dane.base)) {
      result.other_names.push_back(name);
    }
  }
  return result;
}

Requirement by_sts(const TlsFacts& facts) {
  const bool enforced = facts.sts->mode == StsPolicy::Mode::enforce;
  if (!allows(*facts.sts, facts.host)) {
    const std::string why = "the MTA-STS policy of " + facts.domain + " does not name the host " + facts.host;
    if (enforced) {
      return refused(PolicyKind::sts, "4.7.5", why, "validation-failure");
    }
    Requirement result = at_level(Level::opportunistic, facts, PolicyKind::sts, why);
    result.report_only = true;
    result.fault = "validation-failure";
    return result;
  }
  Requirement result =
      at_level(Level::authorities, facts, PolicyKind::sts, "the MTA-STS policy of " + facts.domain + " asks for it");
  result.report_only = !enforced;
  return result;
}

/// RFC 8689 section 4.2.1: the way to the host must be vouched for, and the host by its certificate.
Requirement for_required(const TlsFacts& facts) {
  constexpr const char* why = "the letter must go over TLS that verifies (REQUIRETLS)";
  if (facts.dane.kind == Dane::Kind::records) {
    return by_dane(facts);
  }
  if (facts.sts && facts.sts->mode != StsPolicy::Mode::none) {
    Requirement result = by_sts(facts);
    if (result.level == Level::authorities) {
      result.report_only = false;
      result.why = why;
      return result;
    }
  } else if (!facts.literal && (facts.secure_mx || facts.fixed)) {
    return at_level(Level::authorities, facts, PolicyKind::none, why);
  }
  return refused(PolicyKind::none, "5.7.10",
                 std::string(why) + ", and nothing vouches for the host " + facts.host + " of " + facts.domain);
}

}  // namespace

std::string_view to_string(PolicyKind kind) noexcept {
  switch (kind) {
    case PolicyKind::none:
      return "no-policy-found";
    case PolicyKind::dane:
      return "tlsa";
    case PolicyKind::sts:
      return "sts";
  }
  return "?";
}

std::string_view to_string(Level level) noexcept {
  switch (level) {
    case Level::plain:
      return "plain";
    case Level::opportunistic:
      return "opportunistic";
    case Level::encrypted:
      return "encrypted";
    case Level::dane:
      return "dane";
    case Level::authorities:
      return "authorities";
    case Level::refused:
      return "refused";
  }
  return "?";
}

Requirement decide(const TlsFacts& facts) {
  if (auto told = by_route(facts)) {
    told->hand_on = facts.letter == LetterTls::required;
    return *told;
  }
  if (facts.letter == LetterTls::not_required) {
    return at_level(Level::opportunistic, facts);
  }
  if (facts.dane.kind == Dane::Kind::failed) {
    return refused(PolicyKind::dane, "4.7.5", facts.dane.text, "dnssec-invalid");
  }
  if (facts.letter == LetterTls::required) {
    Requirement result = for_required(facts);
    result.hand_on = true;
    return result;
  }
  if (facts.dane.kind != Dane::Kind::none) {
    return by_dane(facts);
  }
  if (facts.sts && facts.sts->mode != StsPolicy::Mode::none) {
    return by_sts(facts);
  }
  return at_level(Level::opportunistic, facts);
}

}  // namespace posthouse::relay
