// Dovecot's settings, as the tests set them, and what they are here.
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/sieve/testing/svtest.h"

namespace posthouse::sieve::testing {
namespace {

std::chrono::seconds duration_of(const std::string& text, std::chrono::seconds otherwise) {
  long value = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (bad != std::errc()) {
    return otherwise;
  }
  const char unit = end == text.data() + text.size() ? 's' : *end;
  return std::chrono::seconds(value * (unit == 'd' ? 86400 : unit == 'h' ? 3600 : unit == 'm' ? 60 : 1));
}

// "X-Spam: pattern" is a field and what to look for in it.
void split_rule(const std::string& text, std::string& field, std::string& pattern) {
  const std::size_t colon = text.find(':');
  field = text.substr(0, colon);
  pattern = colon == std::string::npos ? "" : std::string(trim(text.substr(colon + 1)));
}

}  // namespace

std::string SvTest::setting(const std::string& name) const {
  const auto found = settings_.find(name);
  return found == settings_.end() ? std::string() : found->second;
}

std::size_t SvTest::number_setting(const std::string& name, std::size_t otherwise) const {
  const std::string text = setting(name);
  std::size_t value = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), value);
  return bad == std::errc() ? value : otherwise;
}

void SvTest::apply_limits() {
  const Limits usual;
  Limits& limits = context_.limits;
  limits.variable_octets = number_setting("sieve_variables_max_value_size", usual.variable_octets);
  limits.notifications = number_setting("sieve_notify_max_notifications", usual.notifications);
  limits.redirects = number_setting("sieve_max_redirects", usual.redirects);
  limits.actions = number_setting("sieve_max_actions", usual.actions);
  limits.includes = number_setting("sieve_include_max_includes", usual.includes);
  limits.include_depth = number_setting("sieve_include_max_nesting_depth", usual.include_depth);
  limits.header_field_octets = number_setting("sieve_editheader_max_header_size", usual.header_field_octets);
}

void SvTest::apply_spam_settings() {
  for (const bool virus : {false, true}) {
    const std::string prefix = virus ? "sieve_virustest_" : "sieve_spamtest_";
    if (setting(prefix + "status_header").empty()) {
      continue;
    }
    SpamRule rule;
    split_rule(setting(prefix + "status_header"), rule.field, rule.pattern);
    split_rule(setting(prefix + "score_max_header"), rule.most_field, rule.most_pattern);
    const std::string kind = setting(prefix + "status_type");
    rule.kind = kind == "strlen" ? SpamRule::Kind::length
                : kind == "text" ? SpamRule::Kind::text
                                 : SpamRule::Kind::score;
    rule.most = std::strtod(setting(prefix + "score_max_value").c_str(), nullptr);
    for (int i = 0; i <= 10; ++i) {
      rule.texts.push_back(setting(fmt::format("{}text_value/{}", prefix, i)));
    }
    (virus ? context_.virus : context_.spam) = std::move(rule);
  }
}

void SvTest::apply_settings() {
  apply_limits();
  apply_spam_settings();
  VacationSettings& vacation = context_.vacation;
  const VacationSettings usual;
  vacation.least_period = duration_of(setting("sieve_vacation_min_period"), usual.least_period);
  vacation.default_period = duration_of(setting("sieve_vacation_default_period"), usual.default_period);
  vacation.most_period = duration_of(setting("sieve_vacation_max_period"), usual.most_period);
  vacation.default_subject = setting("sieve_vacation_default_subject");
  vacation.subject_template = setting("sieve_vacation_default_subject_template");
  vacation.from_recipient = setting("sieve_vacation_send_from_recipient") == "yes";
  vacation.to_by_header = setting("sieve_vacation_to_header_ignore_envelope") == "yes";
  const std::string sender = setting("sieve_notify_mailto_envelope_from");
  context_.notify_sender = sender == "sender"       ? NotifySender::sender
                           : sender == "recipient"  ? NotifySender::recipient
                           : sender == "user_email" ? NotifySender::user
                                                    : NotifySender::automatic;
  context_.own_addresses.clear();
  if (const std::string user = setting("sieve_user_email"); !user.empty()) {
    context_.own_addresses.push_back(user);
  }
  if (setting("sieve_vacation_use_original_recipient") == "yes" && !original_recipient_.empty()) {
    context_.own_addresses.push_back(original_recipient_);
  }
  vacation.check_recipient = setting("sieve_vacation_check_recipient") != "no";
  if (const std::string delimiter = setting("recipient_delimiter"); !delimiter.empty()) {
    context_.separators = delimiter;
  }
  context_.protected_fields.clear();
  const std::string protected_names = setting("sieve_editheader_header");
  for (const std::string_view name : split(protected_names, ' ')) {
    const std::string prefix = fmt::format("sieve_editheader_header/{}/", name);
    context_.protected_fields.push_back({.name = setting(prefix + "name"),
                                         .add = setting(prefix + "forbid_add") == "yes",
                                         .remove = setting(prefix + "forbid_delete") == "yes"});
  }
}

}  // namespace posthouse::sieve::testing
