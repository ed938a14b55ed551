#pragma once
// The fields that carry a signature: DKIM-Signature (RFC 6376 section 3.5), and ARC-Message-Signature and ARC-Seal, which
// are made like it (RFC 8617 sections 4.1.2 and 4.1.3). Private to this module.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mailauth/keys/key_type.h"
#include "posthouse/mailauth/results/result.h"
#include "posthouse/mailauth/wire/canonicalization.h"

namespace posthouse::mailauth {

/// Which of them.
enum class SignatureKind : std::uint8_t { dkim, arc_message, arc_seal };

/// A signature's field, taken apart.
struct Signature {
  std::string algorithm{};                               ///< a=, in lower case.
  KeyType key_type = KeyType::rsa;                       ///< Of `algorithm`.
  std::string domain{};                                  ///< d=: lower case, A-labels.
  std::string selector{};                                ///< s=: lower case, A-labels.
  std::string identity{};                                ///< i= as it is written, or "@" and the domain; DKIM only.
  std::string identity_domain{};                         ///< Behind its "@": lower case, A-labels.
  unsigned instance = 0;                                 ///< i= of ARC.
  std::string chain{};                                   ///< cv= of ARC-Seal, in lower case.
  std::string signature{};                               ///< b=, octets.
  std::string signature_start{};                         ///< b=, its first 8 characters.
  std::string body_hash{};                               ///< bh=, octets.
  std::vector<std::string> fields{};                     ///< h=, in lower case.
  Canonicalization header = Canonicalization::simple;    ///< c=; relaxed for ARC-Seal.
  Canonicalization body = Canonicalization::simple;      ///< c=
  std::optional<std::uint64_t> body_length{};            ///< l=
  std::optional<std::chrono::sys_seconds> signed_at{};   ///< t=
  std::optional<std::chrono::sys_seconds> expires_at{};  ///< x=
  std::size_t value_begin = 0;                           ///< Where in the field the value of b= begins …
  std::size_t value_end = 0;                             ///< … and ends, white space around it included.
};

/// A field that was read.
struct SignatureReading {
  Signature signature{};          ///< All that could be read.
  Verdict fault = Verdict::none;  ///< none: the field is well-formed. neutral, permerror: it is not.
  std::string reason{};           ///< Why not, in words.
};

/// Reads a whole field. Never throws on it; linear time. Verdict::neutral for what follows no grammar that this module
/// knows (RFC 8601 section 2.7.1), Verdict::permerror for what does and is still void: From is not signed, i= is outside
/// of d=, the algorithm is one that proves nothing (RFC 8301 section 3.1).
SignatureReading read_signature(std::string_view field, SignatureKind kind);

/// Appends a signature's field in canonical form with an empty b=, without its last line end: the end of what was signed
/// (RFC 6376 section 3.7).
void append_unsigned_field(std::string& out, std::string_view field, const Signature& signature);

}  // namespace posthouse::mailauth
