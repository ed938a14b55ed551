#pragma once
// Verifies the ARC chain of a message (RFC 8617).
#include <memory>
#include <string_view>

#include "posthouse/mailauth/arc/result.h"
#include "posthouse/mailauth/dkim/verifier.h"
#include "posthouse/mailauth/wire/signed_message.h"

namespace posthouse::mailauth {

/// Verifies the chain of one message, which is fed in pieces of any size. Sets above 50 are a fail (RFC 8617 section
/// 4.2.1).
///
///     ArcVerifier verifier(resolver);
///     while (read(chunk)) { verifier.add(chunk); }
///     const ArcResult chain = verifier.finish(10s);
///     if (const ArcSet* set = trusted_set(chain, sealers)) { … set->results … }
///
/// Memory as of DkimVerifier. At most 100 public-key operations and 100 questions to the DNS; of DkimOptions `signatures`
/// and `require_whole_body` mean nothing here.
class ArcVerifier {
 public:
  /// `resolver` must outlive this.
  explicit ArcVerifier(net::Resolver& resolver, DkimOptions options = {});
  /// Verifies a message that others read, too: feed the message, none of whose body has come yet.
  ArcVerifier(std::shared_ptr<SignedMessage> message, net::Resolver& resolver, DkimOptions options = {});
  ~ArcVerifier();
  ArcVerifier(const ArcVerifier&) = delete;
  ArcVerifier& operator=(const ArcVerifier&) = delete;

  /// The next octets of the message. Throws as SignedMessage::add() does.
  void add(std::string_view octets);
  /// The message ends: looks the keys up and gives the result. Parks the fiber or blocks the thread for the DNS. Throws
  /// net::Error (Errc::canceled) only. Call it once.
  ArcResult finish(net::Deadline deadline = {});

 private:
  struct State;
  std::shared_ptr<State> state_;  // the message knows of it
};

}  // namespace posthouse::mailauth
