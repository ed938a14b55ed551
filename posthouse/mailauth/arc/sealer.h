#pragma once
// Adds a set to the ARC chain of a message that goes on to another house (RFC 8617 section 5.1).
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mailauth/arc/result.h"
#include "posthouse/mailauth/dkim/signer.h"
#include "posthouse/mailauth/wire/signed_message.h"
#include "posthouse/mime/fields/authentication_results.h"

namespace posthouse::mailauth {

/// Seals one message. It reads the message as it goes on; the chain is that of the message as it came in, which the
/// house has verified: of the same octets mostly, where a list changes them on the way not.
///
///     const auto message = std::make_shared<SignedMessage>();
///     ArcVerifier verifier(message, resolver);
///     ArcSealer sealer(message, {mail::Domain("lists.example.org"), "arc", key});
///     while (read(chunk)) { message->add(chunk); }
///     const std::string set = sealer.seal(verifier.finish(10s).verdict, results);  // to be put in front
class ArcSealer {
 public:
  /// Of the options `fields`, `oversigned`, `body`, `header` and `now` count. Throws Error (Errc::name) as DkimSigner.
  ArcSealer(std::shared_ptr<SignedMessage> message, SigningKey key, SigningOptions options = {});

  /// The message ends: the three fields of the next set, folded, each with its line end, the seal first. Empty when none
  /// may be added: the last seal says that the chain was broken (RFC 8617 section 5.1.1), or there are 50 sets.
  /// `chain` is what was found out about the sets there are: none, pass, and all else is a broken chain, which the new
  /// seal tells (cv=fail). A chain that cannot be judged now (temperror) is better not sealed at all. `results` are what
  /// this house found out, in its name; the instance in them does not count.
  /// Throws Error: Errc::field when the header is too large, Errc::name, Errc::field as write_authentication_results(),
  /// Errc::crypto.
  std::string seal(Verdict chain, mime::AuthenticationResults results);

 private:
  std::shared_ptr<SignedMessage> message_;
  SigningKey key_;
  SigningOptions options_;
};

}  // namespace posthouse::mailauth
