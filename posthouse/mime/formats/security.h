#pragma once
// Signed and encrypted parts, recognised (not verified, not decrypted).
#include "posthouse/mime/tree/part.h"

namespace posthouse::mime {

/// How a part is protected.
struct Security {
  /// By which standard.
  enum class Scheme : unsigned char {
    none,     ///< Not protected.
    smime,    ///< S/MIME: RFC 8551.
    openpgp,  ///< PGP/MIME (RFC 3156), or armored PGP inside a text.
    other,    ///< multipart/signed or multipart/encrypted by another protocol.
  };
  Scheme scheme = Scheme::none;  ///< By which standard.
  bool is_signed = false;        ///< There is a signature. Whose, and whether it holds, is for others to find out.
  bool is_encrypted = false;     ///< What it says cannot be read without a key.
  bool in_text = false;          ///< Armored PGP in a text/plain.

  friend bool operator==(const Security&, const Security&) = default;
};

/// Looks at the part itself, not at those around or inside it: multipart/signed and multipart/encrypted (RFC 1847) by
/// their protocol, application/pkcs7-mime by its smime-type, a text/plain by a line "-----BEGIN PGP (SIGNED)
/// MESSAGE-----" in its first 64 KiB. S/MIME may sign and encrypt in one encoded part: then
/// the outer layer decides.
Security security_of(const Part& part);

}  // namespace posthouse::mime
