#pragma once
// A signature held against the key that its domain publishes. Private to this module.
#include <string>
#include <string_view>

#include "posthouse/mailauth/dkim/signature.h"
#include "posthouse/mailauth/keys/key_cache.h"
#include "posthouse/mailauth/keys/key_lookup.h"
#include "posthouse/mailauth/results/result.h"

namespace posthouse::mailauth {

/// What a key must be to be believed.
struct KeyBounds {
  unsigned least_rsa_bits = 1024;
  unsigned most_rsa_bits = 8192;
  KeyCache* cache = nullptr;  ///< May be none.
  bool steps = false;
};

/// What came of it.
struct KeyCheck {
  Verdict verdict = Verdict::none;  ///< pass, fail, policy, permerror, temperror; none: the digest was not looked at.
  std::string reason{};
  unsigned bits = 0;
  bool testing = false;
  bool secure = false;
  Steps steps{};
};

/// Verifies a signature over `digest` with the keys that were found for it, one by one until one fits. With an empty
/// digest only the key is looked at.
KeyCheck check_with_key(const Signature& signature, std::string_view digest, const KeyLookup& found,
                        const KeyBounds& bounds);

}  // namespace posthouse::mailauth
