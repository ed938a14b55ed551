#pragma once
// What FETCH and STORE ask for.
#include <cstdint>
#include <optional>
#include <string>

#include "posthouse/imap/wire/item/section.h"

namespace posthouse::imap {

/// A data item (RFC 9051 section 6.4.5 and extensions).
enum class FetchKind : std::uint8_t {
  envelope,
  flags,
  internal_date,
  rfc822,         ///< RFC822: BODY[] by its old name, and so in the answer.
  rfc822_header,  ///< RFC822.HEADER: BODY.PEEK[HEADER].
  rfc822_text,    ///< RFC822.TEXT: BODY[TEXT].
  rfc822_size,
  body,            ///< BODY without a section: the structure without extension data.
  body_structure,  ///< BODYSTRUCTURE.
  body_section,    ///< BODY[…].
  binary,          ///< BINARY[…] (RFC 3516).
  binary_size,     ///< BINARY.SIZE[…].
  uid,
  modseq,     ///< MODSEQ (RFC 7162).
  email_id,   ///< EMAILID (RFC 8474).
  thread_id,  ///< THREADID (RFC 8474).
  save_date,  ///< SAVEDATE (RFC 8514).
  preview,    ///< PREVIEW (RFC 8970).
};

struct FetchItem {
  FetchKind kind = FetchKind::flags;
  bool peek = false;  ///< BODY.PEEK and BINARY.PEEK: "\Seen" stays as it is.
  bool lazy = false;  ///< PREVIEW (LAZY): only what is at hand.
  Section section{};
  std::optional<Partial> partial{};

  /// True when a FETCH of it sets "\Seen".
  bool sets_seen() const noexcept;
  /// Its name as a client writes it, without section: "BODY.PEEK".
  std::string name() const;
  /// True for the three that name a section.
  bool has_section() const noexcept;
  friend bool operator==(const FetchItem&, const FetchItem&) = default;
};

/// What STORE does with its flags.
enum class StoreMode : std::uint8_t { replace, add, remove };

}  // namespace posthouse::imap
