#pragma once
// The key that a domain publishes.
#include <memory>
#include <string>
#include <string_view>

#include "posthouse/mailauth/keys/key_type.h"

struct evp_pkey_ctx_st;
struct evp_pkey_st;

namespace posthouse::mailauth {

/// A key to verify with. Immutable; safe to use from all threads.
class PublicKey {
 public:
  /// Reads the octets of a p= tag: of an RSA key a SubjectPublicKeyInfo or a bare RSAPublicKey (RFC 6376 section 3.6.1),
  /// of an Ed25519 key its 32 octets (RFC 8463 section 4) or a SubjectPublicKeyInfo. nullptr for what is none, has octets
  /// left over, or is an RSA key of over 16,384 bits or with an exponent of over 64 bits; `why` then says so, in words.
  static std::shared_ptr<const PublicKey> read(KeyType type, std::string_view octets, std::string& why);

  KeyType type() const noexcept { return type_; }
  /// Bits of an RSA key's modulus; 256 for Ed25519.
  unsigned bits() const noexcept { return bits_; }
  /// True when `signature` is this key's over a SHA-256 `digest` of 32 octets: for RSA by PKCS #1 v1.5 (RFC 8017 section
  /// 8.2), for Ed25519 over the digest itself (RFC 8463 section 3).
  bool verify(std::string_view digest, std::string_view signature) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const noexcept;
    void operator()(evp_pkey_ctx_st* context) const noexcept;
  };
  using Handle = std::unique_ptr<evp_pkey_st, Free>;
  PublicKey(KeyType type, Handle key) noexcept;
  static Handle handle_of(KeyType type, std::string_view octets);

  KeyType type_;
  Handle key_;
  std::unique_ptr<evp_pkey_ctx_st, Free> prepared_{};  // of an RSA key: to be copied for each signature
  unsigned bits_;
};

}  // namespace posthouse::mailauth
