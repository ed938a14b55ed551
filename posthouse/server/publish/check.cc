#include "posthouse/server/publish/check.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "posthouse/base/text.h"
#include "posthouse/mailauth/dmarc/record.h"
#include "posthouse/mailauth/keys/private_key.h"
#include "posthouse/mailauth/keys/published_key.h"
#include "posthouse/mailauth/spf/check.h"
#include "posthouse/net/error.h"
#include "posthouse/net/tls/certificate.h"
#include "posthouse/server/authentication/authentication_settings.h"
#include "posthouse/server/publish/records.h"

namespace posthouse::server {
namespace {

using Grade = Finding::Grade;

class Checker {
 public:
  Checker(const Config& config, const mail::Domain& domain, net::Resolver& resolver, std::chrono::milliseconds patience)
      : config_(config), domain_(domain.ascii()), resolver_(resolver), patience_(patience) {}

  std::vector<Finding> run() {
    check_mail_host();
    check_addresses();
    check_senders();
    check_signing_keys();
    check_policy();
    check_tls_reports();
    check_certificate();
    check_client_services();
    return std::move(findings_);
  }

 private:
  void check_mail_host();
  void check_addresses();
  void check_reverse_name(const net::Address& address);
  void check_senders();
  void check_signing_keys();
  void check_policy();
  void check_tls_reports();
  void check_certificate();
  void check_client_services();

  void tell(Grade grade, std::string subject, std::string text) {
    findings_.push_back({grade, std::move(subject), printable(text, 1'000)});
  }

  /// What `question` brings; an empty answer when the name does not exist; nothing, told as unknown, when nobody answers.
  template <class Record>
  std::optional<net::DnsAnswer<Record>> ask(const std::string& subject,
                                            const std::function<net::DnsAnswer<Record>(net::Deadline)>& question) {
    try {
      return question(net::Deadline(patience_));
    } catch (const net::Error& error) {
      if (net::is_canceled(error)) {
        throw;
      }
      if (error.errc() == net::Errc::name_not_found && !error.retryable()) {
        return net::DnsAnswer<Record>{};
      }
      tell(Grade::unknown, subject, error.what());
      return std::nullopt;
    }
  }
  std::optional<net::DnsAnswer<std::string>> texts(const std::string& subject, const std::string& name) {
    return ask<std::string>(subject, [&](net::Deadline deadline) { return resolver_.txt(name, deadline); });
  }

  const Config& config_;
  const std::string domain_;
  net::Resolver& resolver_;
  const std::chrono::milliseconds patience_;
  std::vector<net::Address> addresses_{};  // of the mail host
  std::vector<Finding> findings_{};
};

void Checker::check_mail_host() {
  const auto answer = ask<net::MxRecord>("MX", [&](net::Deadline deadline) { return resolver_.mx(domain_, deadline); });
  if (!answer) {
    return;
  }
  if (net::is_null_mx(answer->records)) {
    return tell(Grade::problem, "MX", fmt::format("{} says that it takes no mail (null MX)", domain_));
  }
  if (answer->empty()) {
    return tell(Grade::problem, "MX", fmt::format("{} has none: its mail does not come here", domain_));
  }
  std::vector<std::string> others;
  bool ours = false;
  for (const net::MxRecord& record : *answer) {
    if (iequals(record.exchange, config_.hostname)) {
      ours = true;
    } else {
      others.push_back(record.exchange);
    }
  }
  if (!ours) {
    return tell(Grade::problem, "MX",
                fmt::format("mail for {} goes to {}, not to {}", domain_, fmt::join(others, ", "), config_.hostname));
  }
  tell(Grade::good, "MX",
       fmt::format("mail for {} comes to {}{}", domain_, config_.hostname,
                   others.empty() ? "" : fmt::format(", or to {}", fmt::join(others, ", "))));
}

void Checker::check_addresses() {
  for (const auto& [type, question] :
       {std::pair<const char*, net::DnsAnswer<net::Address> (net::Resolver::*)(const std::string&, net::Deadline)>{
            "A", &net::Resolver::a},
        {"AAAA", &net::Resolver::aaaa}}) {
    const auto answer = ask<net::Address>(
        type, [&](net::Deadline deadline) { return (resolver_.*question)(config_.hostname, deadline); });
    if (answer) {
      addresses_.insert(addresses_.end(), answer->begin(), answer->end());
    }
  }
  if (addresses_.empty()) {
    return tell(Grade::problem, "address", fmt::format("{} has no address in the DNS", config_.hostname));
  }
  for (const net::Address& address : addresses_) {
    check_reverse_name(address);
  }
}

void Checker::check_reverse_name(const net::Address& address) {
  const auto names =
      ask<std::string>("reverse name", [&](net::Deadline deadline) { return resolver_.ptr(address, deadline); });
  if (!names) {
    return;
  }
  const bool ours = std::any_of(names->begin(), names->end(),
                                [&](const std::string& name) { return iequals(name, config_.hostname); });
  if (ours) {
    tell(Grade::good, "reverse name", fmt::format("{} is {}", address.ip(), config_.hostname));
  } else {
    tell(Grade::problem, "reverse name",
         fmt::format("{} {}, not {}: many servers refuse mail from such hosts; whoever gave you the address can set it",
                     address.ip(), names->empty() ? "has no name" : "is " + names->front(), config_.hostname));
  }
}

void Checker::check_senders() {
  for (const net::Address& address : addresses_) {
    const auto outcome =
        mailauth::check_host(mailauth::spf_mail_from(address, config_.hostname, "postmaster@" + domain_), resolver_, {},
                             net::Deadline(patience_));
    const std::string said =
        fmt::format("{} for {}: {}", mailauth::to_string(outcome.verdict), address.ip(), outcome.reason);
    switch (outcome.verdict) {
      case mailauth::Verdict::pass:
        tell(Grade::good, "SPF", said);
        break;
      case mailauth::Verdict::temperror:
        tell(Grade::unknown, "SPF", said);
        break;
      default:
        tell(Grade::problem, "SPF", said);
    }
  }
}

void Checker::check_signing_keys() {
  bool any = false;
  for (const auto& file : signing_key_files(config_.services.of<DkimSettings>())) {
    if (file.domain.ascii() != domain_) {
      continue;
    }
    any = true;
    const auto published = mailauth::check_published_key(
        resolver_, file.selector, domain_, mailauth::PrivateKey::load(file.file), net::Deadline(patience_));
    const bool good = published.verdict == mailauth::Verdict::pass;
    tell(good                                                ? Grade::good
         : published.verdict == mailauth::Verdict::temperror ? Grade::unknown
                                                             : Grade::problem,
         "DKIM " + file.selector, good ? "others can verify what is signed with it" : published.reason);
  }
  if (!any) {
    tell(Grade::problem, "DKIM",
         "no key of the configuration signs for the domain: large providers refuse or suspect its mail");
  }
}

void Checker::check_policy() {
  const auto answer = texts("DMARC", "_dmarc." + domain_);
  if (!answer) {
    return;
  }
  for (const std::string& text : *answer) {
    const auto record = mailauth::DmarcRecord::parse(text);
    if (!record) {
      continue;
    }
    if (!record->problems.empty()) {
      return tell(Grade::problem, "DMARC", fmt::format("{}", fmt::join(record->problems, "; ")));
    }
    const auto policy = record->policy.value_or(mailauth::DmarcPolicy::none);
    return policy == mailauth::DmarcPolicy::none
               ? tell(Grade::advice, "DMARC", "the policy is none: whoever writes in the domain's name is believed")
               : tell(Grade::good, "DMARC", fmt::format("the policy is {}", mailauth::to_string(policy)));
  }
  tell(Grade::problem, "DMARC", fmt::format("_dmarc.{} has no record", domain_));
}

void Checker::check_tls_reports() {
  const auto answer = texts("TLS reports", "_smtp._tls." + domain_);
  if (!answer) {
    return;
  }
  const bool any = std::any_of(answer->begin(), answer->end(),
                               [](const std::string& text) { return text.starts_with("v=TLSRPTv1"); });
  if (any) {
    tell(Grade::good, "TLS reports", "others know whom to tell of trouble");
  } else {
    tell(Grade::advice, "TLS reports",
         fmt::format("_smtp._tls.{} has no record: nobody tells you of trouble", domain_));
  }
}

void Checker::check_certificate() {
  const auto answer = ask<net::TlsaRecord>(
      "DANE", [&](net::Deadline deadline) { return resolver_.tlsa(config_.hostname, 25, deadline); });
  if (!answer) {
    return;
  }
  if (answer->empty()) {
    return tell(Grade::advice, "DANE",
                fmt::format("_25._tcp.{} has no TLSA record; it is of use in signed zones only", config_.hostname));
  }
  const std::string file = certificate_file(config_);
  if (!std::filesystem::exists(file)) {
    return tell(Grade::unknown, "DANE", fmt::format("there is no certificate yet ({})", file));
  }
  const net::TlsaRecord ours = net::tlsa_of(file);
  const auto comparable = [&](const net::TlsaRecord& record) {
    return record.usage == ours.usage && record.selector == ours.selector && record.matching_type == ours.matching_type;
  };
  if (std::find(answer->begin(), answer->end(), ours) != answer->end()) {
    constexpr std::string_view same = "the record is that of the certificate";
    return answer->secure()
               ? tell(Grade::good, "DANE", std::string(same))
               : tell(Grade::advice, "DANE", fmt::format("{}, but the zone is not signed: nobody looks at it", same));
  }
  if (std::all_of(answer->begin(), answer->end(), comparable)) {
    return tell(answer->secure() ? Grade::problem : Grade::advice, "DANE",
                "the record is that of another key: servers that look at it deliver no mail");
  }
  tell(Grade::advice, "DANE", "there are records of other kinds, which are not compared here");
}

void Checker::check_client_services() {
  for (const ZoneRecord& record : records_to_publish(config_, *mail::Domain::parse(domain_))) {
    if (record.purpose != Purpose::client_service) {
      continue;
    }
    const std::string subject = "SRV " + record.name.substr(0, record.name.find('.'));
    const auto answer =
        ask<net::SrvRecord>(subject, [&](net::Deadline deadline) { return resolver_.srv(record.name, deadline); });
    if (!answer) {
      continue;
    }
    const bool given = record.value != "0 0 0 .";
    if (answer->empty()) {
      if (given) {
        tell(Grade::advice, subject, "there is no record: people have to type in where their server is");
      }
      continue;
    }
    const net::SrvRecord& first = answer->front();
    const std::string found = fmt::format("{} {}.", first.port, first.target == "." ? "" : first.target);
    if (!given) {
      first.target == "."
          ? tell(Grade::good, subject, "it says that there is no such service")
          : tell(Grade::problem, subject, fmt::format("it leads to {}, where this house has no such service", found));
    } else if (iequals(record.value.substr(record.value.find(' ', 2) + 1), found)) {
      tell(Grade::good, subject, fmt::format("it leads to port {} of {}", first.port, first.target));
    } else {
      tell(Grade::problem, subject, fmt::format("it leads to {}", found));
    }
  }
}

}  // namespace

std::string_view to_string(Finding::Grade grade) noexcept {
  switch (grade) {
    case Grade::good:
      return "good";
    case Grade::advice:
      return "advice";
    case Grade::problem:
      return "problem";
    case Grade::unknown:
      return "unknown";
  }
  return "?";
}

std::vector<Finding> check_published(const Config& config, const mail::Domain& domain, net::Resolver& resolver,
                                     std::chrono::milliseconds patience) {
  return Checker(config, domain, resolver, patience).run();
}

}  // namespace posthouse::server
