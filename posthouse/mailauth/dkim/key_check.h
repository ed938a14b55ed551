#pragma once
// A signature held against the key that its domain publishes. Private to this module.
#include <string>
#include <string_view>

#include "posthouse/mailauth/dkim/signature.h"
#include "posthouse/mailauth/dkim/verifier.h"
#include "posthouse/mailauth/keys/key_lookup.h"
#include "posthouse/mailauth/results/result.h"

namespace posthouse::mailauth {

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
/// digest only the key is looked at. Of the options those count that are about keys, and `steps`.
KeyCheck check_with_key(const Signature& signature, std::string_view digest, const KeyLookup& found,
                        const DkimOptions& options);

}  // namespace posthouse::mailauth
