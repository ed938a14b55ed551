#pragma once
// The key that a house signs with.
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "posthouse/mailauth/keys/key_type.h"

struct evp_pkey_st;

namespace posthouse::mailauth {

/// A key to sign with. Immutable; copies share it; safe to use from all threads. Its octets are never shown or logged.
///
///     const auto key = PrivateKey::generate(KeyType::rsa);
///     key.save("/etc/posthouse/dkim/example.org.pem");
///     std::cout << key.record_text() << '\n';  // for mail._domainkey.example.org
class PrivateKey {
 public:
  static constexpr unsigned least_rsa_bits = 1024;  ///< RFC 8301 section 3.2.
  static constexpr unsigned most_rsa_bits = 8192;   ///< One of more is refused: verifiers do so, too.

  /// A new key. `bits` counts for RSA only: 1,024 to 8,192; 2,048 is what RFC 8301 wants at least, and what still fits into
  /// one answer of the DNS. Takes a second or so for large ones. Throws Error: Errc::key for other sizes, Errc::crypto.
  static PrivateKey generate(KeyType type, unsigned bits = 2048);
  /// Reads PEM: PKCS #8 ("PRIVATE KEY") or an RSAPrivateKey ("RSA PRIVATE KEY"), without a passphrase. Throws Error
  /// (Errc::key) for what is no such key, or an RSA key of a size that generate() would not make.
  static PrivateKey from_pem(std::string_view pem);
  /// Reads a file of PEM. Throws Error: Errc::key_file when it cannot be read, is no plain file, belongs to somebody else
  /// than this user or root, or when anyone but its owner may read or change it; Errc::key as from_pem().
  static PrivateKey load(const std::filesystem::path& file);

  /// PKCS #8 in PEM. Keep it secret.
  std::string pem() const;
  /// Writes pem() to a new file that nobody else can read, and syncs it. Throws Error (Errc::key_file), also when there
  /// is such a file already.
  void save(const std::filesystem::path& file) const;

  KeyType type() const noexcept { return type_; }
  /// Bits of an RSA key's modulus; 256 for Ed25519.
  unsigned bits() const noexcept { return bits_; }
  /// The octets to publish in p= (RFC 6376 section 3.6.1, RFC 8463 section 4): a SubjectPublicKeyInfo, or 32 octets.
  std::string public_octets() const;
  /// The text to publish: "v=DKIM1; k=rsa; p=…".
  std::string record_text() const;
  /// The signature over a SHA-256 `digest` of 32 octets: RSASSA-PKCS1-v1_5, or Ed25519 over the digest itself. Takes
  /// about 1 ms for an RSA key of 2,048 bits. Throws Error (Errc::crypto).
  std::string sign(std::string_view digest) const;

 private:
  explicit PrivateKey(std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<evp_pkey_st> key_;
  KeyType type_;
  unsigned bits_;
};

}  // namespace posthouse::mailauth
