#pragma once
// A piece of what APPEND or REPLACE brings.
#include <cstdint>
#include <optional>
#include <string>

#include "posthouse/imap/wire/text/flags.h"
#include "posthouse/mime/fields/date.h"

namespace posthouse::imap {

/// A message, or a part of one that is put together (CATENATE, RFC 4469): a literal, whose octets follow, or a URL.
struct AppendPart {
  bool begins_message = false;  ///< Flags and date are those of a new message.
  Flags flags{};
  std::optional<mime::Date> date{};
  bool catenate = false;             ///< It is one of the parts of CATENATE.
  std::optional<std::string> url{};  ///< "URL …": no octets follow.

  std::uint64_t size = 0;      ///< Octets of the literal. (RFC 3502 section 6.3.11: one of none is to be answered NO.)
  bool synchronizing = false;  ///< The client waits for "+".
  bool binary = false;         ///< "~{n}" (RFC 3516): NUL may be in it.
  bool utf8 = false;           ///< "UTF8 (~{n} …)" (RFC 6855 section 4).
};

}  // namespace posthouse::imap
