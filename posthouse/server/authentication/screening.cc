#include "posthouse/server/authentication/screening.h"

#include <algorithm>
#include <array>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/mailauth/results/authentication_results.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/special_uses.h"

namespace posthouse::server {
namespace {

using mailauth::Verdict;

bool is_in(const std::vector<net::IpNetwork>& networks, const net::Address& client) {
  return std::any_of(networks.begin(), networks.end(), [&](const auto& network) { return network.contains(client); });
}

/// Whether `name`, of A-labels, is `domain` or below it.
bool is_within(std::string_view name, const mail::Domain& domain) {
  const std::string& above = domain.ascii();
  return name == above ||
         (name.size() > above.size() && name.ends_with(above) && name[name.size() - above.size() - 1] == '.');
}

/// A domain as a reply may say it.
std::string said(const std::string& domain) {
  return domain.empty() ? "its author" : printable(domain, 255);
}

/// The verdicts of all signatures: "pass,fail".
std::string verdicts(const std::vector<mailauth::DkimResult>& signatures) {
  std::string text;
  for (const mailauth::DkimResult& signature : signatures) {
    text.append(text.empty() ? "" : ",").append(mailauth::to_string(signature.verdict));
    if (signature.verdict == Verdict::pass) {
      text.append(":").append(signature.domain);
    }
  }
  return text.empty() ? "none" : text;
}

template <class T>
std::string verdict_of(const std::optional<T>& outcome) {
  return std::string(mailauth::to_string(outcome ? outcome->verdict : Verdict::none));
}

/// Whether a house that is trusted has vouched for the letter before it was changed (RFC 8617 section 7.2.1).
bool is_vouched_for(const mailauth::MessageResults& results, const std::vector<mail::Domain>& sealers) {
  const mailauth::ArcSet* const set = mailauth::trusted_set(results.arc, sealers);
  const mime::AuthenticationResult* const dmarc = set == nullptr ? nullptr : set->results.find("dmarc");
  if (dmarc == nullptr || dmarc->result != "pass") {
    return false;
  }
  // Where the seal says whose DMARC has passed, it is for a letter in that name only.
  const std::string* const author = dmarc->find("header.from");
  const auto domain = author == nullptr ? std::nullopt : mail::Domain::parse(*author);
  return author == nullptr || (domain && domain->ascii() == results.dmarc.author_domain);
}

}  // namespace

bool ScreeningRules::trusts(const net::Address& client) const {
  return client.is_ip() && is_in(settings.trusted, client);
}

bool ScreeningRules::concerns(const net::Address& client) const {
  return settings.verify && resolver != nullptr && client.is_ip() && !trusts(client);
}

std::string_view to_string(Fate fate) noexcept {
  constexpr std::array<std::string_view, 4> names = {"taken", "junk", "refused", "deferred"};
  return names[static_cast<std::size_t>(fate)];
}

std::string Screened::field(const std::string& hostname) const {
  return mailauth::authentication_results_field(mailauth::authentication_results(results, hostname));
}

Screening::Screening(const ScreeningRules& rules, mailauth::Envelope envelope)
    : rules_(rules),
      envelope_(std::move(envelope)),
      verifier_(envelope_, *rules.resolver, {.dkim = {.keys = rules.keys}}) {}

void Screening::add(std::string_view octets) {
  verifier_.add(octets);
}

Screened Screening::finish() {
  Screened screened{.results = verifier_.finish(net::Deadline(rules_.settings.timeout))};
  decide(screened);
  return screened;
}

/// Why DMARC does nothing to this letter; empty when it does.
std::string Screening::exemption(const Screened& screened) const {
  const Exemptions& exempt = rules_.settings.exempt;
  if (is_in(exempt.networks, envelope_.ip)) {
    return "the client is exempt";
  }
  const auto sender = mail::Address::parse(envelope_.mail_from);
  if (sender && std::find(exempt.senders.begin(), exempt.senders.end(), *sender) != exempt.senders.end()) {
    return "the sender is exempt";
  }
  for (const mail::Domain& domain : exempt.domains) {
    if (is_within(screened.results.dmarc.author_domain, domain) ||
        (sender && is_within(sender->domain().ascii(), domain))) {
      return domain.ascii() + " is exempt";
    }
  }
  return is_vouched_for(screened.results, rules_.settings.sealers) ? "a trusted sealer says dmarc=pass" : "";
}

void Screening::decide(Screened& screened) const {
  const mailauth::DmarcOutcome& dmarc = screened.results.dmarc;
  const AuthenticationSettings& settings = rules_.settings;
  const bool open = dmarc.verdict == Verdict::temperror;
  const bool unwanted = dmarc.refuse || dmarc.disposition != mailauth::DmarcPolicy::none;
  if (settings.dmarc == DmarcUse::off || !(unwanted || (open && settings.defer))) {
    return;
  }
  screened.reason = exemption(screened);
  if (!screened.reason.empty()) {
    return;
  }
  screened.reason = dmarc.reason;
  if (open && settings.defer) {
    screened.fate = Fate::defer;
    screened.reply = {451, "4.7.0",
                      "Whether this is from " + said(dmarc.author_domain) +
                          " cannot be told now: the DNS does not answer; try again later"};
    return;
  }
  const bool refuse = dmarc.refuse || dmarc.disposition == mailauth::DmarcPolicy::reject;
  if (settings.dmarc != DmarcUse::reject || !refuse) {
    screened.fate = Fate::junk;
    return;
  }
  screened.fate = Fate::refuse;
  screened.reply = dmarc.refuse
                       ? smtp::Reply{550, "5.7.1", "From: one such field is wanted, with the author's address"}
                       : smtp::Reply{550, "5.7.1",
                                     "This is not from " + said(dmarc.author_domain) +
                                         ": neither SPF nor DKIM passes for it, and its DMARC policy is reject"};
}

void log_screened(const Screened& screened, const net::Address& peer, const std::string& id,
                  const std::string& reverse_path) {
  if (!log().should_log(spdlog::level::info) || (screened.fate != Fate::take && !may_log("authentication"))) {
    return;
  }
  const mailauth::MessageResults& results = screened.results;
  log().info(
      "authentication peer={} id={} from={} author={} iprev={} helo={} spf={} dkim={} arc={} dmarc={} policy={} "
      "done={}{}",
      peer.to_string(), id, sender_shown(reverse_path), shown(results.dmarc.author_domain), verdict_of(results.iprev),
      verdict_of(results.spf_helo), verdict_of(results.spf), shown(verdicts(results.dkim)),
      mailauth::to_string(results.arc.verdict), mailauth::to_string(results.dmarc.verdict),
      mailauth::to_string(results.dmarc.policy), to_string(screened.fate),
      screened.reason.empty() ? "" : " reason=" + shown(screened.reason));
}

delivery::Destinations into_junk(store::Store& store, const delivery::Destinations& to) {
  delivery::Destinations moved = to;
  store.read([&](store::Read& read) {
    for (const store::MailboxId inbox : to.mailboxes()) {
      const auto mailbox = store::find_mailbox(read, inbox);
      if (!mailbox) {
        continue;
      }
      if (const auto junk = mailbox_used_for(read, mailbox->account, store::SpecialUse::junk)) {
        moved.redirect(inbox, *junk);
      }
    }
  });
  return moved;
}

}  // namespace posthouse::server
