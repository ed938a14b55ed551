#pragma once
// Tagged answers that refuse. Private to this module.
#include <algorithm>
#include <string>
#include <utility>

#include "posthouse/imap/backend/mail_error.h"
#include "posthouse/imap/wire/response/response.h"
#include "posthouse/imap/wire/text/flags.h"

namespace posthouse::imap {

inline response::Status bad(std::string text) {
  return {response::Condition::bad, {}, std::move(text)};
}

inline response::Status no(std::string code, std::string text) {
  return {response::Condition::no, ResponseCode::word(std::move(code)), std::move(text)};
}

/// Throws MailError for flags that no client may store: with a backslash, and none of RFC 9051's.
inline void require_storable(const Flags& flags) {
  if (std::ranges::any_of(flags.others(), [](const std::string& name) { return name.starts_with('\\'); })) {
    throw MailError("CANNOT", "That flag cannot be set");
  }
}

}  // namespace posthouse::imap
