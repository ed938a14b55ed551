#pragma once
// What is wrong with an address.
#include <cstdint>
#include <string>

#include "posthouse/base/error.h"

namespace posthouse::mail {

/// What was to be read.
enum class Errc : std::uint8_t {
  domain,      ///< "mail.domain": no domain name and no address literal.
  local_part,  ///< "mail.local_part".
  address,     ///< "mail.address": no `local-part@domain`.
};

/// Thrown by the constructors of this module for a text that is not what they make.
class Error : public posthouse::Error {
 public:
  explicit Error(Errc errc, const std::string& what, SourceLocation where = SourceLocation::current());
  Errc errc() const noexcept { return errc_; }

 private:
  Errc errc_;
};

}  // namespace posthouse::mail
