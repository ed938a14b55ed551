#pragma once
// What came of one DKIM signature.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/mailauth/results/result.h"
#include "posthouse/mailauth/wire/canonicalization.h"
#include "posthouse/mime/fields/authentication_results.h"

namespace posthouse::mailauth {

/// One signature, verified. Of one that could not be read all of it that is known is given.
struct DkimResult {
  Verdict verdict = Verdict::none;  ///< Never softfail.
  std::string reason{};             ///< Why, in words; empty for pass and none.
  std::string domain{};             ///< d=: who takes responsibility; lower case, A-labels.
  std::string selector{};           ///< s=
  std::string identity{};           ///< i=, or "@" and the domain.
  std::string algorithm{};          ///< a=: "rsa-sha256", "ed25519-sha256".
  std::string signature_start{};    ///< The first 8 characters of b=, which tell signatures apart (RFC 6008).
  unsigned key_bits = 0;            ///< 2048; 0 when there was no key.
  bool testing = false;             ///< The key's record says so (t=y): a fail is to be taken as no signature.
  bool secure = false;              ///< DNSSEC vouches for the key.
  Canonicalization header = Canonicalization::simple;    ///< c=
  Canonicalization body = Canonicalization::simple;      ///< c=
  std::vector<std::string> fields{};                     ///< h=, in lower case.
  std::optional<std::uint64_t> body_length{};            ///< l=
  std::uint64_t body_size = 0;                           ///< Octets of the body in its canonical form.
  std::optional<std::chrono::sys_seconds> signed_at{};   ///< t=
  std::optional<std::chrono::sys_seconds> expires_at{};  ///< x=
  Steps steps{};                                         ///< How it came about; filled when DkimOptions::steps is set.
};

/// "dkim=pass (2048-bit key) header.d=example.org header.s=mail header.a=rsa-sha256 header.b=dzdVyOfA" (RFC 8601 section
/// 2.7.1, RFC 6008).
mime::AuthenticationResult authentication_result(const DkimResult& result);

}  // namespace posthouse::mailauth
