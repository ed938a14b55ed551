#pragma once
// The house signs what it answers for (DKIM, RFC 6376). Private to this module.
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mail/address.h"
#include "posthouse/mailauth/dkim/signer.h"
#include "posthouse/mailauth/wire/signed_message.h"

namespace posthouse::server {

/// The keys by domain. Constant.
class SigningKeys {
 public:
  explicit SigningKeys(std::vector<mailauth::SigningKey> keys) : keys_(std::move(keys)) {}

  bool empty() const noexcept { return keys_.empty(); }
  /// Those to sign with for authors at `domain`: its own, or else those of the nearest domain above that has some. All
  /// of them sign: some receivers know only one kind of key.
  std::vector<mailauth::SigningKey> of(const mail::Domain& domain) const;
  /// The DKIM-Signature fields, each with its line end, for a whole message of the house itself; empty when its author's
  /// domain has no key. Parks. Throws mailauth::Error.
  std::string sign(std::string_view message) const;

 private:
  std::vector<mailauth::SigningKey> keys_;
};

/// SigningKeys::sign(); nothing, and a line in the log, where that fails: a report that cannot be signed is sent all the same.
std::string sign_or_log(const SigningKeys& keys, std::string_view message);

/// Signs one letter that goes by.
class LetterSigner {
 public:
  explicit LetterSigner(std::shared_ptr<const SigningKeys> keys);

  /// The next octets of what will be sent: of the message with the fields that the house adds or leaves out.
  void add(std::string_view octets);

  struct Outcome {
    std::string fields{};   ///< To be put in front of the message.
    std::string domains{};  ///< Who has signed: "one.test/mail one.test/ed"; empty for nobody.
    std::string reason{};   ///< Why nobody, where there is more to say than that there is no key.
  };
  /// The letter ends. Only for authors who are `own` does a domain answer: else whoever has an account could speak for
  /// every domain of the house. Parks. Throws mailauth::Error (Errc::crypto).
  Outcome finish(const std::function<bool(const mail::Address&)>& own);

 private:
  const std::shared_ptr<const SigningKeys> keys_;
  const std::shared_ptr<mailauth::SignedMessage> message_;
};

}  // namespace posthouse::server
