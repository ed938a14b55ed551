#pragma once
// Where a signer's key is published.
#include <string_view>

#include "posthouse/mail/domain.h"

namespace posthouse::mailauth {

/// Throws Error (Errc::name) where no key can be published under these: a selector is one or more labels in ASCII, a
/// domain no address literal, the name of the record at most 253 octets.
void check_key_name(std::string_view selector, const mail::Domain& domain);

}  // namespace posthouse::mailauth
