#pragma once
// What came of an ARC chain.
#include <span>
#include <string>
#include <vector>

#include "posthouse/mail/domain.h"
#include "posthouse/mailauth/results/result.h"
#include "posthouse/mime/fields/authentication_results.h"

namespace posthouse::mailauth {

/// One ARC set: what one house on the way found out, and its seal (RFC 8617 section 4).
struct ArcSet {
  unsigned instance = 0;                  ///< i=: 1 for the first house that sealed.
  std::string domain{};                   ///< The seal's d=; lower case, A-labels.
  std::string selector{};                 ///< The seal's s=
  std::string chain{};                    ///< The seal's cv=: "none", "pass", "fail".
  Verdict seal = Verdict::none;           ///< Of the ARC-Seal; none when it was not looked at.
  Verdict message = Verdict::none;        ///< Of the ARC-Message-Signature; none when it was not looked at.
  mime::AuthenticationResults results{};  ///< What that house found out; believe it as far as you trust the house.
};

/// The chain of custody.
struct ArcResult {
  Verdict verdict = Verdict::none;  ///< none, pass, fail; temperror when a key could not be had.
  std::string reason{};             ///< Why, in words; empty for pass and none.
  std::vector<ArcSet> sets{};       ///< By instance, from 1. Empty when there are none, or no order in them.
  /// The lowest instance whose signature over the message still holds, and with it all above it: since then nobody
  /// changed the message. 0 unless verdict is pass (RFC 8617 section 5.2 step 5).
  unsigned oldest_pass = 0;
  Steps steps{};  ///< How it came about; filled when DkimOptions::steps is set.
};

/// "arc=pass (i=2) header.oldest-pass=1 …" (RFC 8617 section 10.2). `smtp_remote_ip` may be empty.
mime::AuthenticationResult authentication_result(const ArcResult& result, const std::string& smtp_remote_ip = {});

/// What was found out by the first of the houses that `trusted` names and that all later sealers are, too: what may stand
/// for our own results where these fail because of changes on the way (RFC 8617 section 7.2). A sealer is trusted when
/// its domain is one of `trusted` or below one. nullptr unless the chain passes and its last sealer is trusted. Valid as
/// long as `result`.
const ArcSet* trusted_set(const ArcResult& result, std::span<const mail::Domain> trusted);

}  // namespace posthouse::mailauth
