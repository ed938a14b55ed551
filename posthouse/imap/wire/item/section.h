#pragma once
// Which octets of a message BODY[…] and BINARY[…] name (RFC 9051 section 6.4.5.1, RFC 3516).
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/imap/wire/text/cursor.h"

namespace posthouse::imap {

/// What of a part is meant.
enum class SectionText : std::uint8_t {
  whole,              ///< BODY[] is the message with its header, BODY[1.2] the body of that part.
  header,             ///< BODY[HEADER]: of the message, or of the message that the part embeds.
  header_fields,      ///< BODY[HEADER.FIELDS (…)]: those of them that are named.
  header_fields_not,  ///< BODY[HEADER.FIELDS.NOT (…)]: those that are not named.
  text,               ///< BODY[TEXT]: its body.
  mime,               ///< BODY[1.2.MIME]: the part's own header.
};

/// What stands between "[" and "]".
struct Section {
  std::vector<std::uint32_t> part{};  ///< {1, 2} for "1.2"; empty for the message itself.
  SectionText what = SectionText::whole;
  std::vector<std::string> fields{};  ///< As they were spelled; not empty for header_fields and header_fields_not.

  /// "1.2.HEADER.FIELDS (Subject From)", without brackets.
  std::string to_string() const;
  /// The same without the names of fields: "1.2.HEADER.FIELDS".
  std::string path() const;
  friend bool operator==(const Section&, const Section&) = default;
};

/// "<offset.count>": a piece of what a section names.
struct Partial {
  std::uint64_t offset = 0;
  std::uint64_t count = 0;  ///< Not 0.
  friend bool operator==(const Partial&, const Partial&) = default;
};

/// What a section may have in it.
struct SectionLimits {
  std::size_t depth = 100;     ///< Numbers in a part's path.
  std::size_t fields = 1'000;  ///< Names of fields.
};

/// Reads a section with its brackets.
std::optional<Section> read_section(Cursor& in, const SectionLimits& limits = {});
/// Reads "<offset.count>".
std::optional<Partial> read_partial(Cursor& in);

}  // namespace posthouse::imap
