#pragma once
// The record that publishes a key: "selector._domainkey.domain" (RFC 6376 section 3.6).
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mailauth/keys/key_type.h"

namespace posthouse::mailauth {

/// A key's record, taken apart.
struct KeyRecord {
  std::string type{"rsa"};              ///< k=, in lower case; what to make of it says key_type().
  std::string key{};                    ///< p=, the octets; empty: the key has been revoked.
  std::vector<std::string> hashes{};    ///< h=: the hashes it may be used with, in lower case; empty: all.
  std::vector<std::string> services{};  ///< s=: what it is for, in lower case; empty: everything.
  std::string notes{};                  ///< n=: for people; may hold quoted-printable.
  bool testing = false;                 ///< t=y: the domain is trying DKIM out.
  bool strict = false;                  ///< t=s: i= must have the domain of d= itself, no subdomain.

  /// The kind of key; nothing for one this module does not know.
  std::optional<KeyType> key_type() const noexcept;
  /// True when it may be used with `hash` ("sha256").
  bool allows_hash(std::string_view hash) const noexcept;
  /// True when it may be used for e-mail.
  bool allows_email() const noexcept;
};

/// Reads a TXT record's text. Nothing when it is no key record: no tag list, another version than DKIM1 or a version
/// that is not the first tag, no p= or one that is not base64; `why` then says what is wrong, in words. Unknown tags,
/// flags and services are passed over. Linear time.
///
///     parse_key_record("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", why)
std::optional<KeyRecord> parse_key_record(std::string_view text, std::string& why);

/// "mail._domainkey.example.org": where the key's record is.
std::string key_record_name(std::string_view selector, std::string_view domain);

}  // namespace posthouse::mailauth
