#pragma once
// The fields of an ARC chain, put in order (RFC 8617 section 4.2). Private to this module.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/base/digest.h"
#include "posthouse/mailauth/dkim/signature.h"
#include "posthouse/mailauth/wire/signed_message.h"
#include "posthouse/mime/fields/authentication_results.h"

namespace posthouse::mailauth {

/// RFC 8617 section 4.2.1.
inline constexpr unsigned most_arc_sets = 50;

/// One set: where its fields are in the message, and what they say.
struct ArcLink {
  std::uint32_t results_index = 0;  ///< Of ARC-Authentication-Results.
  std::uint32_t message_index = 0;  ///< Of ARC-Message-Signature.
  std::uint32_t seal_index = 0;     ///< Of ARC-Seal.
  mime::AuthenticationResults results{};
  Signature message{};
  Signature seal{};
};

/// All sets of a message.
struct ArcChain {
  std::vector<ArcLink> links{};  ///< By instance, from 1. Empty when there are none, or `fault` says why.
  std::string fault{};           ///< Why they make no chain, in words; empty when they do.
  unsigned highest = 0;          ///< The highest instance that any field names, sound or not; at most 50.
  bool failed_before = false;    ///< The seal of the highest instance says that the chain was broken (cv=fail).
};

/// Reads the fields, whose header is there. A chain has of each instance from 1 to its last one each of the three fields,
/// all well-formed, and only the first seal says that there was no chain before. Linear time.
ArcChain read_arc_chain(const SignedMessage& message);

/// What seals are over: the fields of one set after the other in relaxed form (RFC 8617 section 5.1.1).
class SealedOctets {
 public:
  explicit SealedOctets(const SignedMessage& message) noexcept : message_(message) {}

  /// Goes on with the next set, its seal and all; gives the digest that this seal is over.
  std::string add(const ArcLink& link);
  /// The digest that a seal about to be made is over; all its fields are whole but the seal, whose b= is empty.
  std::string digest_of_new(std::string_view results, std::string_view message, std::string_view unsigned_seal) const;

 private:
  const SignedMessage& message_;
  Sha256 octets_{};  // of the sets that were added
};

}  // namespace posthouse::mailauth
