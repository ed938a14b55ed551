#pragma once
// Signs a message (RFC 6376 section 5, RFC 8301, RFC 8463).
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mail/domain.h"
#include "posthouse/mailauth/keys/private_key.h"
#include "posthouse/mailauth/wire/canonicalization.h"
#include "posthouse/mailauth/wire/signed_message.h"

namespace posthouse::mailauth {

/// Who signs, and with what.
struct SigningKey {
  mail::Domain domain;   ///< d=: takes responsibility for the message; no address literal.
  std::string selector;  ///< s=: the key's record is at "selector._domainkey.domain".
  PrivateKey key;
};

/// How a message is signed.
struct SigningOptions {
  Canonicalization header = Canonicalization::relaxed;
  Canonicalization body = Canonicalization::relaxed;
  /// Names of the fields to sign, in the order of h=; of each name as many as the message has. From is signed in any
  /// case.
  std::vector<std::string> fields = default_fields();
  /// Those of `fields` that are named once more than the message has them, so that nobody can add one (RFC 6376 section
  /// 8.15).
  std::vector<std::string> oversigned = default_oversigned();
  std::optional<std::chrono::sys_seconds> now{};    ///< t=; the time of day when absent.
  std::optional<std::chrono::seconds> valid_for{};  ///< x= is so long after t=; no x= when absent.

  /// What RFC 6376 section 5.4.1 suggests, and MIME-Version, Content-Type, Content-Transfer-Encoding, Message-ID.
  static std::vector<std::string> default_fields();
  /// What a reader sees, and what says how the body is read. Not the List fields and Sender, which mailing lists set.
  static std::vector<std::string> default_oversigned();
};

/// Signs one message with all of several keys; it is fed in pieces of any size, in one pass and constant memory.
///
///     DkimSigner signer({{mail::Domain("example.org"), "mail", PrivateKey::load(file)}});
///     while (read(chunk)) { signer.add(chunk); }
///     const std::string fields = signer.finish();  // to be put in front of the message
///
/// What is signed is the message with CRLF at the end of its lines: see that it leaves in this form.
class DkimSigner {
 public:
  /// Throws Error (Errc::name) for a selector or a domain that no key can be published under.
  explicit DkimSigner(std::vector<SigningKey> keys, SigningOptions options = {});
  /// Signs a message that others read, too: feed the message, none of whose body has come yet. (Where `options.body` was
  /// asked for in time, by SignedMessage::want_body_hash(), all of it may have.)
  DkimSigner(std::shared_ptr<SignedMessage> message, std::vector<SigningKey> keys, SigningOptions options = {});
  ~DkimSigner();
  DkimSigner(const DkimSigner&) = delete;
  DkimSigner& operator=(const DkimSigner&) = delete;

  /// The next octets of the message. Throws as SignedMessage::add() does.
  void add(std::string_view octets);
  /// The message ends: the DKIM-Signature fields, folded, one for each key in their order, each with its line end. One
  /// private-key operation for each; inside a fiber call it through blocking() where there are many. Throws Error:
  /// Errc::field when the header is too large to be signed, Errc::crypto.
  std::string finish();

 private:
  std::shared_ptr<SignedMessage> message_;
  std::vector<SigningKey> keys_;
  SigningOptions options_;
};

}  // namespace posthouse::mailauth
