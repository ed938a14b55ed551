#pragma once
// What DKIM signers and ARC sealers share. Private to this module.
#include <string>
#include <vector>

#include "posthouse/mailauth/dkim/signer.h"

namespace posthouse::mailauth {

/// "rsa-sha256": a=.
std::string algorithm_of(const PrivateKey& key);

/// h=: each name, in lower case, as often as it is signed; From is always there.
std::vector<std::string> names_to_sign(const SignedMessage& message, const SigningOptions& options);

}  // namespace posthouse::mailauth
