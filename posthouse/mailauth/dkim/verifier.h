#pragma once
// Verifies the DKIM signatures of a message (RFC 6376, RFC 8301, RFC 8463, RFC 8616).
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "posthouse/mailauth/dkim/result.h"
#include "posthouse/mailauth/wire/signed_message.h"
#include "posthouse/net/dns/resolver.h"

namespace posthouse::mailauth {

class KeyCache;

/// What is looked at, and what is believed.
struct DkimOptions {
  std::size_t signatures = 10;           ///< How many are looked at, from the top; the others are counted only.
  std::chrono::seconds clock_skew{300};  ///< How far a signer's clock may be from ours.
  std::optional<std::chrono::sys_seconds> now{};  ///< The time to judge t= and x= by; the time of day when absent.
  unsigned least_rsa_bits = 1024;                 ///< Verdict::policy below (RFC 8301 section 3.2). At least 512.
  unsigned most_rsa_bits = 8192;                  ///< Verdict::policy above: a key's size is its verifier's time.
  /// A signature over the beginning of a body (l=) passes only where there is nothing behind it: whoever can put octets
  /// there can show what was never signed (RFC 6376 section 8.2). Verdict::policy otherwise.
  bool require_whole_body = true;
  bool steps = false;                ///< Tell how each result came about.
  std::shared_ptr<KeyCache> keys{};  ///< Keys read lately, to share among verifiers; may be none.
};

/// Verifies all signatures of one message, which is fed in pieces of any size.
///
///     DkimVerifier verifier(resolver);
///     while (read(chunk)) { verifier.add(chunk); }
///     for (const DkimResult& result : verifier.finish(10s)) {
///       std::cout << to_string(result.verdict) << ' ' << result.domain << '\n';
///     }
///
/// Memory: the header (at most SignedMessage::most_header) and a few hundred octets. Time: linear in the message, and
/// one public-key operation a signature looked at (as many as there are records, at most 3, where a key has several).
class DkimVerifier {
 public:
  /// `resolver` must outlive this.
  explicit DkimVerifier(net::Resolver& resolver, DkimOptions options = {});
  /// Verifies a message that others read, too: feed the message, none of whose body has come yet.
  DkimVerifier(std::shared_ptr<SignedMessage> message, net::Resolver& resolver, DkimOptions options = {});
  ~DkimVerifier();
  DkimVerifier(const DkimVerifier&) = delete;
  DkimVerifier& operator=(const DkimVerifier&) = delete;

  /// The next octets of the message. Throws as SignedMessage::add() does.
  void add(std::string_view octets);
  /// The message ends: looks the keys up and gives the results, in the order of the fields; none when there is no
  /// signature. Parks the fiber or blocks the thread for the DNS; a key that has not come by the deadline is
  /// Verdict::temperror. Throws net::Error (Errc::canceled) only. Call it once.
  std::vector<DkimResult> finish(net::Deadline deadline = {});
  /// How many signatures there are beyond DkimOptions::signatures. Known once the header is there.
  std::size_t not_looked_at() const noexcept;

 private:
  struct State;
  std::shared_ptr<State> state_;  // the message knows of it
};

}  // namespace posthouse::mailauth
