#pragma once
// All that can be found out about where a message comes from, in one call.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mailauth/arc/verifier.h"
#include "posthouse/mailauth/bimi.h"
#include "posthouse/mailauth/dkim/verifier.h"
#include "posthouse/mailauth/dmarc/check.h"
#include "posthouse/mailauth/iprev.h"
#include "posthouse/mailauth/spf/check.h"
#include "posthouse/mailauth/wire/signed_message.h"
#include "posthouse/mime/fields/authentication_results.h"
#include "posthouse/net/dns/resolver.h"

namespace posthouse::mailauth {

/// How a message came in.
struct Envelope {
  net::Address ip{};        ///< The client.
  std::string helo{};       ///< What it called itself.
  std::string mail_from{};  ///< The reverse-path without "<" and ">"; may be empty.
  std::string receiver{};   ///< The host that took the message in; may be empty.
};

/// What is looked at, and how.
struct VerifyOptions {
  SpfLimits spf{};       ///< Bounds of each check of SPF.
  DkimOptions dkim{};    ///< Of DKIM and ARC.
  DmarcOptions dmarc{};  ///< By which RFC.
  bool bimi = false;     ///< Look for a BIMI record, too.
};

/// What came out. Of what belongs to the envelope there is nothing when there was none.
struct MessageResults {
  std::optional<SpfOutcome> spf{};       ///< Of MAIL FROM.
  std::optional<SpfOutcome> spf_helo{};  ///< Of HELO.
  std::optional<IprevOutcome> iprev{};   ///< Of the client's address.
  std::vector<DkimResult> dkim{};        ///< A result a signature, in the order of the fields.
  ArcResult arc{};
  DmarcOutcome dmarc{};
  std::optional<BimiRecord> bimi{};  ///< When it was asked for and the From field has one domain.
};

/// Checks a whole message. Without an envelope DMARC rests on DKIM alone. The fields that other servers put on the message
/// count for nothing here. Throws net::Error (Errc::canceled), std::bad_alloc, and posthouse::Error when OpenSSL cannot hash.
///
///     const auto results = mailauth::verify_message(bytes, {{peer, "mx.example.org", "ann@example.org"}}, resolver);
///     if (results.dmarc.disposition == mailauth::DmarcPolicy::reject) refuse(results.dmarc.reason);
MessageResults verify_message(std::string_view message, const std::optional<Envelope>& envelope,
                              net::Resolver& resolver, const VerifyOptions& options = {}, net::Deadline deadline = {});

/// The same for a message that goes by, in pieces of any size and constant memory (that of DkimVerifier).
///
///     MessageVerifier verifier(Envelope{peer, "mx.example.org", "ann@example.org"}, resolver);
///     while (read(chunk)) { verifier.add(chunk); }
///     const MessageResults results = verifier.finish(20s);
class MessageVerifier {
 public:
  /// `resolver` must outlive this.
  MessageVerifier(std::optional<Envelope> envelope, net::Resolver& resolver, VerifyOptions options = {});

  /// The next octets of the message. Throws as SignedMessage::add() does.
  void add(std::string_view octets);
  /// The message ends: asks the DNS and gives the results. What has not been answered by the deadline is
  /// Verdict::temperror. Throws as verify_message() does. Call it once.
  MessageResults finish(net::Deadline deadline = {});

 private:
  const std::optional<Envelope> envelope_;
  net::Resolver& resolver_;
  const VerifyOptions options_;
  const std::shared_ptr<SignedMessage> message_;
  DkimVerifier dkim_;
  ArcVerifier arc_;
};

/// The results as an Authentication-Results field of `authserv_id` has them.
mime::AuthenticationResults authentication_results(const MessageResults& results, std::string authserv_id);

}  // namespace posthouse::mailauth
