#include "posthouse/mailauth/verify.h"

#include <algorithm>
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

/// The header that was kept of a message that has gone by.
std::string header_of(const SignedMessage& message) {
  std::string header;
  for (const std::string_view field : message.fields()) {
    header += field;
  }
  return header += "\r\n";
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

MessageVerifier::MessageVerifier(std::optional<Envelope> envelope, net::Resolver& resolver, VerifyOptions options)
    : envelope_(std::move(envelope)),
      resolver_(resolver),
      options_(std::move(options)),
      message_(std::make_shared<SignedMessage>()),
      dkim_(message_, resolver, options_.dkim),
      arc_(message_, resolver, options_.dkim) {}

void MessageVerifier::add(std::string_view octets) {
  message_->add(octets);
}

MessageResults MessageVerifier::finish(net::Deadline deadline) {
  MessageResults results;
  if (envelope_) {
    results.iprev = check_iprev(envelope_->ip, resolver_, deadline);
    results.spf_helo =
        check_host(spf_helo(envelope_->ip, envelope_->helo, envelope_->receiver), resolver_, options_.spf, deadline);
    results.spf = check_host(spf_mail_from(envelope_->ip, envelope_->helo, envelope_->mail_from, envelope_->receiver),
                             resolver_, options_.spf, deadline);
  }
  results.dkim = dkim_.finish(deadline);
  results.arc = arc_.finish(deadline);
  const std::string header = header_of(*message_);
  const mime::Message read = mime::Message::view(header);
  const DmarcAuthor author = message_->header_too_large()
                                 ? DmarcAuthor{{}, "the header is too large to be checked", true}
                                 : dmarc_author(read);
  results.dmarc = check_dmarc(author, identifiers_of(results), resolver_, options_.dmarc, deadline);
  if (options_.bimi && author.domains.size() == 1) {
    results.bimi =
        look_up_bimi(author.domains.front(), resolver_, bimi_selector(read.header("BIMI-Selector")), deadline);
  }
  return results;
}

MessageResults verify_message(std::string_view message, const std::optional<Envelope>& envelope,
                              net::Resolver& resolver, const VerifyOptions& options, net::Deadline deadline) {
  constexpr std::size_t piece = std::size_t{1} << 20U;
  MessageVerifier verifier(envelope, resolver, options);
  std::string_view raw = without_mbox_line(mime::Message::view(message));
  for (; !raw.empty(); raw.remove_prefix(std::min(raw.size(), piece))) {
    verifier.add(raw.substr(0, piece));
  }
  return verifier.finish(deadline);
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
