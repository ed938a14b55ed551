#pragma once
// What a letter says about TLS itself (RFC 8689). Private to this module.
#include "posthouse/queue/rows.h"
#include "posthouse/relay/tls/requirement.h"

namespace posthouse::relay {

/// What the letter of `row` asks. The sender's REQUIRETLS counts before the header's "TLS-Required: No" (RFC 8689 section
/// 4.2.1).
inline LetterTls asked_by(const queue::Claimed& row, bool header_says_no) {
  if (row.require_tls) {
    return LetterTls::required;
  }
  return header_says_no ? LetterTls::not_required : LetterTls::as_published;
}

}  // namespace posthouse::relay
