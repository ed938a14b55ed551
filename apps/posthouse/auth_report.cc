#include "apps/posthouse/auth_report.h"

#include <string_view>
#include <utility>

#include "apps/posthouse/json_text.h"
#include <fmt/format.h>

#include "posthouse/mime/mime.h"

namespace {

namespace json = boost::json;
using namespace posthouse;
using namespace posthouse::mailauth;
using posthouse::app::text_value;

constexpr std::string_view no_envelope =
    "no --ip, --helo and --mail-from were given; what the message itself says of them proves nothing";

json::object result_object(std::string_view method, std::string_view result, std::string_view reason,
                           std::string_view domain, const Steps& steps) {
  json::array lines;
  for (const std::string& step : steps) {
    lines.emplace_back(text_value(step));
  }
  return {{"method", method},
          {"result", result},
          {"reason", text_value(reason)},
          {"domain", text_value(domain)},
          {"steps", std::move(lines)}};
}

json::object json_of_iprev(const IprevOutcome& outcome) {
  json::object object = result_object("iprev", to_string(outcome.verdict), outcome.reason, outcome.name, outcome.steps);
  object["ip"] = outcome.ip.ip();
  return object;
}

json::object json_of_dkim(const DkimResult& signature) {
  json::object object =
      result_object("dkim", to_string(signature.verdict), signature.reason, signature.domain, signature.steps);
  object["selector"] = text_value(signature.selector);
  object["identity"] = text_value(signature.identity);
  object["algorithm"] = text_value(signature.algorithm);
  object["key_bits"] = signature.key_bits;
  object["testing"] = signature.testing;
  return object;
}

json::object json_of_arc(const ArcResult& chain) {
  json::object object = result_object("arc", to_string(chain.verdict), chain.reason,
                                      chain.sets.empty() ? std::string_view() : chain.sets.back().domain, chain.steps);
  json::array sets;
  for (const ArcSet& set : chain.sets) {
    sets.push_back({{"instance", set.instance},
                    {"domain", text_value(set.domain)},
                    {"selector", text_value(set.selector)},
                    {"chain", text_value(set.chain)},
                    {"seal", to_string(set.seal)},
                    {"message", to_string(set.message)}});
  }
  object["sets"] = std::move(sets);
  object["oldest_pass"] = chain.oldest_pass;
  return object;
}

json::object json_of_dmarc(const DmarcOutcome& outcome) {
  json::object object =
      result_object("dmarc", to_string(outcome.verdict), outcome.reason, outcome.author_domain, outcome.steps);
  object["policy_domain"] = text_value(outcome.policy_domain);
  object["organizational_domain"] = text_value(outcome.organizational_domain);
  object["policy"] = to_string(outcome.policy);
  object["policy_tag"] = outcome.policy_tag;
  object["disposition"] = to_string(outcome.disposition);
  object["testing"] = outcome.testing;
  object["spf_aligned"] = outcome.spf_aligned;
  object["dkim_aligned"] = outcome.dkim_aligned;
  object["refuse"] = outcome.refuse;
  return object;
}

json::object json_of_bimi(const BimiRecord& record) {
  json::object object = result_object("bimi", to_string(record.verdict), record.reason, record.domain, record.steps);
  object["selector"] = text_value(record.selector);
  object["location"] = text_value(record.location);
  object["authority"] = text_value(record.authority);
  return object;
}

/// The result in a line, its reason and its steps below.
std::string paragraph(std::string_view method, std::string_view result, std::string_view about, std::string_view reason,
                      const Steps& steps) {
  std::string text = fmt::format("{}: {}", method, result);
  if (!about.empty()) {
    text += fmt::format("  ({})", about);
  }
  text = mime::terminal_line(text) + '\n';
  if (!reason.empty()) {
    text += "  " + mime::terminal_line(reason) + '\n';
  }
  for (const std::string& step : steps) {
    text += "    " + mime::terminal_line(step) + '\n';
  }
  return text;
}

std::string text_of_dkim(const MessageResults& results) {
  if (results.dkim.empty()) {
    return paragraph("dkim", "none", "", "the message has no signature", {});
  }
  std::string text;
  for (const DkimResult& signature : results.dkim) {
    const std::string about = fmt::format("d={} s={} a={}{}", signature.domain, signature.selector, signature.algorithm,
                                          signature.testing ? " testing" : "");
    text += paragraph("dkim", to_string(signature.verdict), about, signature.reason, signature.steps);
  }
  return text;
}

std::string text_of_dmarc(const DmarcOutcome& outcome) {
  std::string about = outcome.author_domain;
  if (!outcome.policy_tag.empty()) {
    about += fmt::format(", {}={} of {}, to be done: {}", outcome.policy_tag, to_string(outcome.policy),
                         outcome.policy_domain, to_string(outcome.disposition));
  }
  if (outcome.refuse) {
    about += about.empty() ? "to be refused" : ", to be refused";
  }
  return paragraph("dmarc", to_string(outcome.verdict), about, outcome.reason, outcome.steps);
}

std::string_view identity_of(const SpfOutcome& outcome) {
  return outcome.query.identity == SpfQuery::Identity::helo ? "helo" : "mailfrom";
}

}  // namespace

boost::json::object posthouse::app::json_of(const SpfOutcome& outcome) {
  json::object object =
      result_object("spf", to_string(outcome.verdict), outcome.reason, outcome.query.domain, outcome.steps);
  object["identity"] = identity_of(outcome);
  object["sender"] = text_value(outcome.query.sender);
  object["ip"] = outcome.query.ip.ip();
  object["mechanism"] = text_value(outcome.mechanism);
  object["explanation"] = text_value(outcome.explanation);
  object["lookups"] = outcome.lookups;
  object["void_lookups"] = outcome.void_lookups;
  return object;
}

boost::json::array posthouse::app::json_of(const MessageResults& results) {
  json::array array;
  if (results.iprev) {
    array.push_back(json_of_iprev(*results.iprev));
    array.push_back(json_of(*results.spf_helo));
    array.push_back(json_of(*results.spf));
  } else {
    array.push_back(result_object("iprev", "unchecked", no_envelope, "", {}));
    array.push_back(result_object("spf", "unchecked", no_envelope, "", {}));
  }
  for (const DkimResult& signature : results.dkim) {
    array.push_back(json_of_dkim(signature));
  }
  if (results.dkim.empty()) {
    array.push_back(result_object("dkim", "none", "the message has no signature", "", {}));
  }
  array.push_back(json_of_arc(results.arc));
  array.push_back(json_of_dmarc(results.dmarc));
  if (results.bimi) {
    array.push_back(json_of_bimi(*results.bimi));
  }
  return array;
}

std::string posthouse::app::text_of(const SpfOutcome& outcome) {
  std::string text =
      paragraph("spf", to_string(outcome.verdict), fmt::format("{} {}", identity_of(outcome), outcome.query.sender),
                outcome.reason, outcome.steps);
  if (!outcome.explanation.empty()) {
    text += "  the domain explains: " + mime::terminal_line(outcome.explanation) + '\n';
  }
  return text;
}

std::string posthouse::app::text_of(const MessageResults& results) {
  std::string text;
  if (results.iprev) {
    text += paragraph("iprev", to_string(results.iprev->verdict), results.iprev->ip.ip(), results.iprev->reason,
                      results.iprev->steps);
    text += text_of(*results.spf_helo) + text_of(*results.spf);
  } else {
    text += paragraph("iprev", "not checked", "", no_envelope, {});
    text += paragraph("spf", "not checked", "", no_envelope, {});
  }
  text += text_of_dkim(results);
  text += paragraph(
      "arc", to_string(results.arc.verdict),
      results.arc.sets.empty()
          ? std::string()
          : fmt::format("i={} d={}", results.arc.sets.back().instance, results.arc.sets.back().domain),
      results.arc.reason.empty() && results.arc.sets.empty() ? "the message has no ARC set" : results.arc.reason,
      results.arc.steps);
  text += text_of_dmarc(results.dmarc);
  if (results.bimi) {
    text += paragraph("bimi", results.bimi->verdict == Verdict::pass ? "found" : to_string(results.bimi->verdict),
                      results.bimi->location, results.bimi->reason, results.bimi->steps);
  }
  return text;
}
