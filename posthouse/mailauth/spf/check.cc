#include "posthouse/mailauth/spf/check.h"

#include <algorithm>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/mailauth/spf/evaluation.h"

namespace posthouse::mailauth {
namespace {

/// `text` as a dot-atom where it is one, else as a quoted-string (RFC 7208 section 9.1).
std::string quoted_value(std::string_view text) {
  const auto plain = [](char c) {
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-' || c == '_';
  };
  bool atom = !text.empty() && text.front() != '.' && text.back() != '.' && text.find("..") == std::string_view::npos;
  std::string quoted = "\"";
  for (const char c : text) {
    atom = atom && (plain(c) || c == '.');
    if (c == '"' || c == '\\') {
      quoted += '\\';
    }
    quoted += static_cast<unsigned char>(c) < 32 || c == 127 ? '?' : c;
  }
  return atom ? std::string(text) : quoted + '"';
}

/// `text` inside a comment (RFC 5322 section 3.2.2).
std::string commented(std::string_view text) {
  std::string out;
  for (const char c : printable(text, 300)) {
    if (c == '(' || c == ')' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out;
}

}  // namespace

SpfQuery spf_mail_from(const net::Address& ip, std::string_view helo, std::string_view mail_from,
                       std::string_view receiver) {
  if (mail_from.empty()) {
    SpfQuery query = spf_helo(ip, helo, receiver);
    query.identity = SpfQuery::Identity::mail_from;
    return query;
  }
  const std::size_t at = mail_from.rfind('@');
  return {ip,
          std::string(at == std::string_view::npos ? mail_from : mail_from.substr(at + 1)),
          std::string(mail_from),
          std::string(helo),
          std::string(receiver),
          SpfQuery::Identity::mail_from};
}

SpfQuery spf_helo(const net::Address& ip, std::string_view helo, std::string_view receiver) {
  return {ip,
          std::string(helo),
          "postmaster@" + std::string(helo),
          std::string(helo),
          std::string(receiver),
          SpfQuery::Identity::helo};
}

SpfOutcome check_host(const SpfQuery& query, net::Resolver& resolver, const SpfLimits& limits, net::Deadline deadline) {
  return SpfEvaluation(query, resolver, limits, deadline).run();
}

mime::AuthenticationResult authentication_result(const SpfOutcome& outcome) {
  mime::AuthenticationResult result;
  result.method = "spf";
  result.result = to_string(outcome.verdict);
  result.comment = outcome.reason;
  const bool helo = outcome.query.identity == SpfQuery::Identity::helo;
  result.properties.push_back({"smtp", helo ? "helo" : "mailfrom", helo ? outcome.query.helo : outcome.query.sender});
  return result;
}

std::string received_spf(const SpfOutcome& outcome) {
  const SpfQuery& query = outcome.query;
  std::string value =
      fmt::format("{} ({}{}) client-ip={}; envelope-from={}; helo={}", to_string(outcome.verdict),
                  query.receiver.empty() ? "" : commented(query.receiver) + ": ", commented(outcome.reason),
                  quoted_value(query.ip.ip()), quoted_value(query.sender), quoted_value(query.helo));
  if (!query.receiver.empty()) {
    value += "; receiver=" + quoted_value(query.receiver);
  }
  value += query.identity == SpfQuery::Identity::helo ? "; identity=helo" : "; identity=mailfrom";
  if (!outcome.mechanism.empty()) {
    value += "; mechanism=" + quoted_value(outcome.mechanism);
  }
  if (outcome.verdict == Verdict::temperror || outcome.verdict == Verdict::permerror) {
    value += "; problem=" + quoted_value(printable(outcome.reason));
  }
  return value;
}

}  // namespace posthouse::mailauth
