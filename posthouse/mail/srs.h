#pragma once
// The Sender Rewriting Scheme: who sends on a letter of somebody else puts a name of its own in place of the sender, so that
// the next host finds that it may send for it (SPF, RFC 7208), and bounces come back here and are sent on. There is no RFC;
// the format is that of libsrs2, which others read, too:
//
//   SRS0=HASH=DAY=DOMAIN=LOCAL@forwarder                 for LOCAL@DOMAIN
//   SRS1=HASH=FIRST==HASH=DAY=DOMAIN=LOCAL@forwarder     for what FIRST has rewritten
//
// HASH is four characters of an HMAC, so that nobody else makes such addresses; DAY is the date, two characters of base32.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::mail {

/// Rewrites senders, and finds them again. Constant; for any number of threads.
///
///     const Srs srs(secret);
///     srs.rewrite("hong@two.test", "one.test", today);          // SRS0=Kx3f=QB=two.test=hong@one.test
///     srs.original("SRS0=Kx3f=QB=two.test=hong@one.test", today)  // hong@two.test
class Srs {
 public:
  /// Days for which a rewritten address is good.
  static constexpr std::chrono::days lifetime{21};

  /// `secret` makes and proves the hashes.
  explicit Srs(std::string secret) : secret_(std::move(secret)) {}

  /// The address at `forwarder`, a domain of ours, that stands for `sender`. Nothing where there is none: for the null sender,
  /// and where its local part would be longer than 64 octets with SMTPUTF8 or in ASCII (RFC 5321 section 4.5.3.1.1).
  std::optional<std::string> rewrite(std::string_view sender, std::string_view forwarder,
                                     std::chrono::sys_days today) const;

  /// What a rewritten address stands for: a sender, or the SRS0 address of the host that has rewritten it first. Nothing when it
  /// is no such address of ours, or too old; ASCII case aside, since mail systems change it.
  std::optional<std::string> original(std::string_view address, std::chrono::sys_days today) const;

 private:
  std::string hash(std::string_view text) const;

  std::string secret_;
};

}  // namespace posthouse::mail
