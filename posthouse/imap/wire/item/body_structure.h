#pragma once
// BODY and BODYSTRUCTURE (RFC 9051 section 7.5.2): what a message is made of.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/imap/wire/item/envelope.h"
#include "posthouse/imap/wire/text/cursor.h"

namespace posthouse::imap {

/// Names and values as they are in the message.
using BodyParameters = std::vector<std::pair<std::string, std::string>>;

/// Content-Disposition (RFC 2183).
struct BodyDisposition {
  std::string type{};
  BodyParameters parameters{};
  friend bool operator==(const BodyDisposition&, const BodyDisposition&) = default;
};

/// One part: a multipart, an embedded message, or a leaf.
struct BodyPart {
  std::string type{};           ///< "TEXT"; "MULTIPART" for a multipart.
  std::string subtype{};        ///< "PLAIN".
  BodyParameters parameters{};  ///< Of Content-Type. Not in the BODY of a multipart.
  std::size_t subtree_end = 0;  ///< Index behind the last part inside this one.
  std::size_t parent = 0;       ///< Index of the part this one is directly inside of; its own for the first.
  std::size_t ordinal = 1;      ///< Its place among the parts directly inside its parent, from 1.
  std::size_t children = 0;     ///< How many parts are directly inside: 1 in an embedded message.

  // Not of a multipart, down to md5.
  std::optional<std::string> id{};           ///< Content-ID.
  std::optional<std::string> description{};  ///< Content-Description.
  std::string encoding = "7BIT";             ///< Content-Transfer-Encoding.
  std::uint64_t size = 0;                    ///< Octets of the body as it is in the message.
  std::optional<std::uint64_t> lines{};      ///< Of a text or an embedded message.
  std::optional<Envelope> envelope{};        ///< Of the message in an embedded message.

  std::optional<std::string> md5{};              ///< Content-MD5.
  std::optional<BodyDisposition> disposition{};  ///< Content-Disposition.
  std::vector<std::string> languages{};          ///< Content-Language.
  std::optional<std::string> location{};         ///< Content-Location.

  bool is_multipart() const noexcept;
  /// An embedded message whose envelope and body are told.
  bool is_message() const noexcept { return envelope.has_value(); }
  friend bool operator==(const BodyPart&, const BodyPart&) = default;
};

/// The parts of a message, depth first; the first is the body of the message itself.
///
///     for (std::size_t i = 0; i < structure.parts.size(); ++i) {
///       if (structure.parts[i].type == "TEXT") fetch("BODY.PEEK[" + structure.number(i) + "]");
///     }
struct BodyStructure {
  std::vector<BodyPart> parts{};

  /// The number FETCH knows a part by, "1.2"; "" for a multipart that is the body of a message and is BODY[TEXT], or
  /// BODY[n.TEXT] of the part n it is in.
  std::string number(std::size_t index) const;

  friend bool operator==(const BodyStructure&, const BodyStructure&) = default;
};

/// BODYSTRUCTURE has the extension data, BODY has not.
enum class BodyForm : std::uint8_t { body, structure };

/// Writes it with its parentheses; iterative. There must be a part. A multipart without parts has NIL in their place,
/// which is no IMAP.
void append_body_structure(std::string& out, const BodyStructure& structure, BodyForm form);

/// What a client takes of it.
struct BodyLimits {
  std::size_t depth = 1'000;
  std::size_t parts = 100'000;
};

/// Reads either form with its parentheses; iterative. Taken too: multiparts without parts, fields missing at the end or
/// NIL where no NIL may be, unknown extension data (which is skipped).
std::optional<BodyStructure> read_body_structure(Cursor& in, const BodyLimits& limits = {});

}  // namespace posthouse::imap
