#include "posthouse/mailauth/verify.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace posthouse::mailauth {
namespace {

/// The message without the line that an mbox has in front of it.
std::string_view without_mbox_line(const mime::Message& message) {
  std::string_view raw = message.raw();
  if (!message.mbox_line().empty()) {
    const std::size_t end = raw.find('\n');
    raw.remove_prefix(end == std::string_view::npos ? raw.size() : end + 1);
  }
  return raw;
}

void verify_signatures(std::string_view raw, net::Resolver& resolver, const VerifyOptions& options,
                       net::Deadline deadline, MessageResults& results) {
  constexpr std::size_t piece = std::size_t{1} << 20U;
  const auto octets = std::make_shared<SignedMessage>();
  DkimVerifier dkim(octets, resolver, options.dkim);
  ArcVerifier arc(octets, resolver, options.dkim);
  for (; !raw.empty(); raw.remove_prefix(std::min(raw.size(), piece))) {
    octets->add(raw.substr(0, piece));
  }
  results.dkim = dkim.finish(deadline);
  results.arc = arc.finish(deadline);
}

std::vector<AuthenticatedIdentifier> identifiers_of(const MessageResults& results) {
  std::vector<AuthenticatedIdentifier> identifiers;
  if (results.spf) {
    identifiers.push_back({AuthenticatedIdentifier::Method::spf, results.spf->query.domain, results.spf->verdict});
  }
  for (const DkimResult& signature : results.dkim) {
    // A key in testing mode says nothing when it fails (RFC 6376 section 3.6.1); it does not fail DMARC either way.
    identifiers.push_back({AuthenticatedIdentifier::Method::dkim, signature.domain, signature.verdict});
  }
  return identifiers;
}

}  // namespace

MessageResults verify_message(std::string_view message, const std::optional<Envelope>& envelope,
                              net::Resolver& resolver, const VerifyOptions& options, net::Deadline deadline) {
  MessageResults results;
  const mime::Message read = mime::Message::view(message);
  if (envelope) {
    results.iprev = check_iprev(envelope->ip, resolver, deadline);
    results.spf_helo =
        check_host(spf_helo(envelope->ip, envelope->helo, envelope->receiver), resolver, options.spf, deadline);
    results.spf = check_host(spf_mail_from(envelope->ip, envelope->helo, envelope->mail_from, envelope->receiver),
                             resolver, options.spf, deadline);
  }
  verify_signatures(without_mbox_line(read), resolver, options, deadline, results);
  const DmarcAuthor author = dmarc_author(read);
  results.dmarc = check_dmarc(author, identifiers_of(results), resolver, options.dmarc, deadline);
  if (options.bimi && author.domains.size() == 1) {
    results.bimi =
        look_up_bimi(author.domains.front(), resolver, bimi_selector(read.header("BIMI-Selector")), deadline);
  }
  return results;
}

mime::AuthenticationResults authentication_results(const MessageResults& results, std::string authserv_id) {
  mime::AuthenticationResults field;
  field.authserv_id = std::move(authserv_id);
  if (results.iprev) {
    field.results.push_back(authentication_result(*results.iprev));
  }
  for (const auto* outcome : {&results.spf_helo, &results.spf}) {
    if (*outcome) {
      field.results.push_back(authentication_result(**outcome));
    }
  }
  for (const DkimResult& signature : results.dkim) {
    field.results.push_back(authentication_result(signature));
  }
  if (results.dkim.empty()) {
    field.results.emplace_back();
    field.results.back().method = "dkim";
    field.results.back().result = "none";
  }
  field.results.push_back(authentication_result(results.arc, results.iprev ? results.iprev->ip.ip() : std::string()));
  field.results.push_back(authentication_result(results.dmarc));
  return field;
}

}  // namespace posthouse::mailauth
