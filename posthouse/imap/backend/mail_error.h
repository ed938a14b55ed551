#pragma once
// Why a mail account refuses.
#include <string>
#include <utility>

#include "posthouse/base/error.h"

namespace posthouse::imap {

/// Thrown by a back end: the command is answered NO with the response code `response_code` (RFC 5530, RFC 9051 section 7.1:
/// "NONEXISTENT", "ALREADYEXISTS", "CANNOT", "NOPERM", "OVERQUOTA", "LIMIT", "TOOBIG", "TRYCREATE" …) and what() as text.
/// Any other exception is answered NO [UNAVAILABLE] without its text.
class MailError : public posthouse::Error {
 public:
  MailError(std::string response_code, const std::string& text)
      : Error(text, {.code = "imap.refused"}), response_code_(std::move(response_code)) {}
  const std::string& response_code() const noexcept { return response_code_; }

 private:
  std::string response_code_;
};

}  // namespace posthouse::imap
