#pragma once
// What a letter says about TLS itself (RFC 8689). Private to this module.
#include "posthouse/relay/tls/requirement.h"

namespace posthouse::relay {

/// What the letter of a row of the queue asks. The sender's REQUIRETLS counts, where rows keep it (`require_tls`), before
/// the header's "TLS-Required: No" (RFC 8689 section 4.2.1).
template <class Row>
LetterTls asked_by(const Row& row, bool header_says_no) {
  if constexpr (requires { static_cast<bool>(row.require_tls); }) {
    if (row.require_tls) {
      return LetterTls::required;
    }
  }
  return header_says_no ? LetterTls::not_required : LetterTls::as_published;
}

}  // namespace posthouse::relay
