#pragma once
// Messages signed by ourselves, to be verified by ourselves.
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/mailauth/dkim/signer.h"
#include "posthouse/mailauth/dkim/verifier.h"
#include "posthouse/mailauth/testing/messages.h"
#include "posthouse/mailauth/testing/zone_resolver.h"

namespace posthouse::mailauth {

inline constexpr std::chrono::sys_seconds test_time{std::chrono::seconds(1'700'000'000)};

/// Keys made once, and a resolver that publishes them as "rsa" and "ed" of example.test.
struct TestKeys {
  PrivateKey rsa = PrivateKey::generate(KeyType::rsa, 1024);
  PrivateKey ed25519 = PrivateKey::generate(KeyType::ed25519);

  testing::ZoneResolver resolver() const {
    return testing::ZoneResolver({{"rsa._domainkey.example.test", {rsa.record_text()}},
                                  {"ed._domainkey.example.test", {ed25519.record_text()}}});
  }
  SigningKey signing(KeyType type) const {
    return type == KeyType::rsa ? SigningKey{mail::Domain("example.test"), "rsa", rsa}
                                : SigningKey{mail::Domain("example.test"), "ed", ed25519};
  }
};

inline const TestKeys& test_keys() {
  static const TestKeys keys;
  return keys;
}

inline const std::string& test_message() {
  static const std::string message = crlf(
      "Received: from a.test by b.test; Fri, 11 Jul 2003 21:01:54 -0700\n"
      "From: Ann <ann@example.test>\nTo: bob@example.net\nSubject:  a\n  long   one\t\nDate: Fri, 11 Jul 2003 21:00:37 "
      "-0700\nMIME-Version: 1.0\n\nHello  Bob,\n \nthe end. \n\n\n");
  return message;
}

/// The fields that sign `message` with the Ed25519 key.
inline std::string sign(std::string_view message, SigningOptions options = {}, KeyType type = KeyType::ed25519) {
  options.now = options.now.value_or(test_time);
  DkimSigner signer({test_keys().signing(type)}, std::move(options));
  feed(signer, message);
  return signer.finish();
}

inline std::vector<DkimResult> verify(std::string_view message, testing::ZoneResolver& resolver,
                                      DkimOptions options = {}, std::size_t piece = 1'000'000) {
  options.now = options.now.value_or(test_time);
  DkimVerifier verifier(resolver, std::move(options));
  feed(verifier, message, piece);
  return verifier.finish();
}

/// Of the first signature.
inline DkimResult verify_one(std::string_view message, DkimOptions options = {}) {
  testing::ZoneResolver resolver = test_keys().resolver();
  std::vector<DkimResult> results = verify(message, resolver, std::move(options));
  return results.empty() ? DkimResult{} : results.front();
}

/// `text` with its first `from` made `to`, which has to be there.
inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

}  // namespace posthouse::mailauth
