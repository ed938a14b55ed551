#pragma once
// What a SASL exchange ends with: who says to be whom, and the proof.
#include <string>

namespace posthouse::sasl {

/// Name and password as the client gave them, octet for octet. Nothing has been checked but that the name and the
/// password are not empty and hold no NUL.
struct Credentials {
  std::string mechanism{};  ///< "PLAIN" or "LOGIN".
  std::string authzid{};    ///< Whom to act as (RFC 4616); empty: the one who logs in. Always empty with LOGIN.
  std::string authcid{};    ///< Who logs in.
  std::string password{};   ///< In clear text; keep it no longer than the check takes.
};

}  // namespace posthouse::sasl
