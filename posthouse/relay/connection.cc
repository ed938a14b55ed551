#include "posthouse/relay/connection.h"

#include <map>
#include <optional>
#include <utility>

#include "posthouse/net/error.h"
#include "posthouse/smtp/wire/error.h"

namespace posthouse::relay {
namespace {

using Level = Requirement::Level;

/// RFC 8461 section 3.3 proposes a minute for fetching a policy; the DNS is asked before.
constexpr auto policy_patience = std::chrono::seconds(90);

/// RFC 7504 and 7505: these replies in place of a greeting speak for the host as a whole.
bool refuses_all_mail(const smtp::Error& error) {
  return error.answer().code == 521 || error.answer().code == 556;
}

Verdict judge_connecting(const std::exception& error, const Hop& hop) {
  Verdict verdict = judge(error, hop.host);
  if (const auto* refusal = dynamic_cast<const smtp::Error*>(&error);
      verdict.kind == Verdict::Kind::permanent && (refusal == nullptr || !refuses_all_mail(*refusal))) {
    verdict.kind = Verdict::Kind::temporary;  // it may let us in another time, or another host does
  }
  return verdict;
}

const net::Address& source_for(const net::Address& to, const Sources& sources) {
  static const net::Address none;
  using Family = net::Address::Family;
  return to.family() == Family::ipv4 ? sources.ipv4 : to.family() == Family::ipv6 ? sources.ipv6 : none;
}

/// Throws NoHost where the host has no address of the kind that may be used.
std::vector<net::Address> addresses_of(const Hop& hop, net::Resolver& resolver, net::Deadline deadline,
                                       const Sources& sources) {
  if (hop.host.starts_with("unix:")) {
    return {net::Address::parse(hop.host)};
  }
  std::vector<net::Address> addresses = resolver.addresses(hop.host, hop.port, deadline);
  if (sources.use != Sources::Use::both) {
    const auto family = sources.use == Sources::Use::ipv4 ? net::Address::Family::ipv4 : net::Address::Family::ipv6;
    std::erase_if(addresses, [&](const net::Address& address) { return address.family() != family; });
    if (addresses.empty()) {
      throw NoHost({Verdict::Kind::temporary,
                    "4.4.1",
                    hop.host + (sources.use == Sources::Use::ipv4 ? " has no IPv4 address" : " has no IPv6 address"),
                    {}});
    }
  }
  return addresses;
}

/// A wrong password is for the operator to mend: the mail waits for that.
void log_in(smtp::Client& client, const Hop& hop) {
  try {
    client.login(hop.user, hop.password);
  } catch (const smtp::Error& error) {
    throw LogInFailed({Verdict::Kind::temporary, "4.7.8", hop.host + ": " + error.what(), hop.host});
  }
}

/// One walk through the hosts.
class Calling {
 public:
  Calling(net::Resolver& resolver, const smtp::ClientOptions& options, const TlsRules& rules, LetterTls letter,
          const Sources& sources)
      : resolver_(resolver), options_(options), rules_(rules), letter_(letter), sources_(sources) {}

  Connected run(std::span<const Hop> hops);

 private:
  std::optional<Connected> call_host(const Hop& hop, bool only);
  std::optional<Connected> call(const Hop& hop, const Requirement& required, const net::Address& address);
  smtp::Client dial(const Hop& hop, const Requirement& required, const net::Address& address);
  std::optional<Connected> accept(const Hop& hop, const Requirement& required, const net::Address& address,
                                  smtp::Client client);
  void tell_success(const Hop& hop, const Requirement& required, const net::Address& address, smtp::Client& client);
  TlsFacts facts_of(const Hop& hop);
  StsAnswer ask_sts(const std::string& domain);
  const StsAnswer& sts_of(const Hop& hop);
  smtp::ClientOptions options_for(const Hop& hop, const Requirement& required) const;
  void tell(const Hop& hop, const Requirement& required, const net::Address* address, smtp::Client* client,
            std::string failure, std::string reason);
  void note(Verdict verdict);

  net::Resolver& resolver_;
  const smtp::ClientOptions& options_;
  const TlsRules& rules_;
  const LetterTls letter_;
  const Sources& sources_;
  Verdict last_{Verdict::Kind::temporary, "4.4.1", "no host to connect to", {}};
  bool asked_ = false;  // last_ comes from a host
  std::size_t tried_ = 0;
  std::map<std::string, StsAnswer> sts_{};
};

Connected Calling::run(std::span<const Hop> hops) {
  for (std::size_t i = 0; i < hops.size() && tried_ < max_addresses; ++i) {
    if (std::optional<Connected> connected = call_host(hops[i], hops.size() == 1)) {
      connected->hop = i;
      return std::move(*connected);
    }
  }
  throw NoHost(last_);
}

/// What a letter that requires TLS is told is final only when no host may do better another time.
void Calling::note(Verdict verdict) {
  if (asked_ && letter_ == LetterTls::required && verdict.kind == Verdict::Kind::permanent &&
      last_.kind == Verdict::Kind::temporary) {
    return;
  }
  asked_ = true;
  last_ = std::move(verdict);
}

std::optional<Connected> Calling::call_host(const Hop& hop, bool only) {
  const Requirement required = decide(facts_of(hop));
  if (required.level == Level::refused) {
    if (!required.fault.empty()) {
      tell(hop, required, nullptr, nullptr, required.fault, required.why);
    }
    note({required.status.starts_with('5') ? Verdict::Kind::permanent : Verdict::Kind::temporary,
          required.status,
          required.why,
          {}});
    return std::nullopt;
  }
  std::vector<net::Address> addresses;
  try {
    addresses = addresses_of(hop, resolver_, options_.timeouts.connect, sources_);
  } catch (const NoHost& none) {
    note(none.verdict());
    return std::nullopt;
  } catch (const net::Error& error) {
    if (error.errc() == net::Errc::canceled) {
      throw;
    }
    if (only && error.errc() == net::Errc::name_not_found && !error.retryable()) {
      throw NoHost({Verdict::Kind::permanent, "5.4.4", "the host " + hop.host + " does not exist", {}});
    }
    note(judge_connecting(error, hop));
    return std::nullopt;
  }
  for (const net::Address& address : addresses) {
    if (++tried_ > max_addresses) {
      break;
    }
    if (auto connected = call(hop, required, address)) {
      return connected;
    }
  }
  return std::nullopt;
}

TlsFacts Calling::facts_of(const Hop& hop) {
  TlsFacts facts{.host = hop.host,
                 .domain = hop.domain,
                 .route = hop.tls,
                 .fixed = hop.fixed,
                 .literal = hop.literal,
                 .secure_mx = hop.secure_mx,
                 .canonical_domain = hop.canonical_domain,
                 .letter = letter_};
  if (hop.tls != RouteTls::opportunistic || hop.literal || letter_ == LetterTls::not_required) {
    return facts;
  }
  if (rules_.dane && (hop.secure_mx || hop.fixed)) {
    facts.dane = find_dane(resolver_, hop.host, hop.port, options_.timeouts.connect);
  }
  if (rules_.find_sts && !hop.fixed && facts.dane.kind == Dane::Kind::none) {
    facts.sts = sts_of(hop).policy;
  }
  return facts;
}

/// A policy that is kept and cannot be read may be one that is enforced: then the mail waits.
StsAnswer Calling::ask_sts(const std::string& domain) {
  try {
    return rules_.find_sts(domain, policy_patience);
  } catch (const posthouse::Error& error) {
    if (net::is_canceled(error)) {
      throw;
    }
    throw NoHost({Verdict::Kind::temporary,
                  "4.7.5",
                  "the MTA-STS policy of " + domain + " cannot be looked up: " + error.what(),
                  {}});
  }
}

const StsAnswer& Calling::sts_of(const Hop& hop) {
  const auto found = sts_.find(hop.domain);
  if (found != sts_.end()) {
    return found->second;
  }
  StsAnswer& answer = sts_[hop.domain] = ask_sts(hop.domain);
  if (!answer.failure.empty()) {
    Requirement of_report;
    of_report.policy = PolicyKind::sts;
    tell(hop, of_report, nullptr, nullptr, answer.failure, answer.text);
  }
  return answer;
}

smtp::ClientOptions Calling::options_for(const Hop& hop, const Requirement& required) const {
  smtp::ClientOptions options = options_;
  options.tls = required.level == Level::plain ? net::Tls::none
                : required.implicit            ? net::Tls::implicit
                                               : net::Tls::starttls;
  options.opportunistic = required.level == Level::opportunistic;
  options.lmtp = hop.protocol == RouteProtocol::lmtp;
  options.insecure_auth = hop.tls == RouteTls::none;
  if (options.opportunistic && rules_.plain_hosts->contains(hop.host)) {
    options.tls = net::Tls::none;
  }
  options.tls_options.verify = required.level == Level::dane || required.level == Level::authorities;
  if (options.tls_options.verify) {
    options.tls_context.reset();  // the one that all share verifies nothing
    options.tls_options.ca_file = hop.ca_file.empty() ? rules_.ca_file : hop.ca_file;
    options.tls_options.tlsa = required.records;
    options.tls_options.other_names = required.other_names;
  }
  if (required.level == Level::dane) {
    options.tls_options.ca_file.clear();
  }
  return options;
}

smtp::Client Calling::dial(const Hop& hop, const Requirement& required, const net::Address& address) {
  smtp::ClientOptions options = options_for(hop, required);
  options.source = source_for(address, sources_);
  smtp::Client client = smtp::Client::connect(address, required.server_name, std::move(options));
  if (!hop.user.empty()) {
    log_in(client, hop);
  }
  return client;
}

std::optional<Connected> Calling::call(const Hop& hop, const Requirement& required, const net::Address& address) {
  Requirement asked = required;
  bool told = false;  // of a failure that is only reported
  for (;;) {
    try {
      smtp::Client client = dial(hop, asked, address);
      if (!told) {
        tell_success(hop, asked, address, client);
      }
      return accept(hop, asked, address, std::move(client));
    } catch (const LogInFailed&) {
      throw;
    } catch (const posthouse::Error& error) {
      if (net::is_canceled(error)) {
        throw;
      }
      const std::string failure = tls_failure_of(error);
      if (!failure.empty()) {
        tell(hop, asked, &address, nullptr, failure, error.what());
      }
      if (asked.report_only && asked.level != Level::opportunistic && !failure.empty()) {
        asked.level = Level::opportunistic;
        told = true;
        continue;
      }
      Verdict verdict = judge_connecting(error, hop);
      verdict.text += " (" + address.to_string() + ")";
      if (!failure.empty() && asked.strict()) {
        verdict.status = failure == "starttls-not-supported" ? verdict.status : "4.7.5";
        verdict.text += asked.why.empty() ? "" : "; TLS is a must: " + asked.why;
      }
      if (!failure.empty() && letter_ == LetterTls::required) {
        verdict.kind = Verdict::Kind::permanent;
        verdict.status = "5.7.10";
      }
      note(std::move(verdict));
      return std::nullopt;
    }
  }
}

/// The session stands. Nothing when a letter that requires TLS cannot be handed on over it.
std::optional<Connected> Calling::accept(const Hop& hop, const Requirement& required, const net::Address& address,
                                         smtp::Client client) {
  const bool verified = required.level == Level::dane || required.level == Level::authorities;
  const bool hands_on = verified && client.supports("REQUIRETLS");
  if (required.level == Level::opportunistic && !client.tls_given_up().empty()) {
    rules_.plain_hosts->add(hop.host);
  }
  if (required.hand_on && !hands_on) {
    client.quit();
    note({Verdict::Kind::permanent,
          "5.7.30",
          hop.host + " does not promise to hand the letter on over TLS only, as its sender demands (REQUIRETLS)",
          {}});
    return std::nullopt;
  }
  return Connected{std::move(client), hop.host, address, 0, letter_, required.level, hands_on};
}

/// A session that stands may still lack what its policy asks for.
void Calling::tell_success(const Hop& hop, const Requirement& required, const net::Address& address,
                           smtp::Client& client) {
  std::string failure = required.fault;
  std::string reason = required.why;
  if (!failure.empty()) {
    // The policy does not name this host.
  } else if (!client.secure()) {
    failure = client.supports("STARTTLS") ? "validation-failure" : "starttls-not-supported";
    reason = client.tls_given_up();
  } else if (required.policy == PolicyKind::dane && required.level == Level::encrypted) {
    failure = "tlsa-invalid";
  }
  if (failure.empty()) {
    reason.clear();
  }
  tell(hop, required, &address, &client, std::move(failure), std::move(reason));
}

void Calling::tell(const Hop& hop, const Requirement& required, const net::Address* address, smtp::Client* client,
                   std::string failure, std::string reason) {
  if (!rules_.on_session || hop.fixed || hop.literal || letter_ == LetterTls::not_required) {
    return;
  }
  TlsSession session{.domain = hop.domain,
                     .policy = required.policy,
                     .host = hop.host,
                     .failure = std::move(failure),
                     .reason = std::move(reason)};
  for (const net::TlsaRecord& record : required.records) {
    session.policy_lines.push_back(to_text(record));
  }
  const auto sts = sts_.find(hop.domain);
  if (required.policy == PolicyKind::sts && sts != sts_.end() && sts->second.policy) {
    session.policy_lines = sts->second.policy->lines;
    session.mx_patterns = sts->second.policy->mx;
  }
  if (address != nullptr) {
    session.address = address->ip();
  }
  if (client != nullptr) {
    session.local_address = client->stream().local_address().ip();
  }
  rules_.on_session(session);
}

}  // namespace

Connected connect_to(std::span<const Hop> hops, net::Resolver& resolver, const smtp::ClientOptions& options,
                     const TlsRules& rules, LetterTls letter, const Sources& sources) {
  return Calling(resolver, options, rules, letter, sources).run(hops);
}

}  // namespace posthouse::relay
