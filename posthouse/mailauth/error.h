#pragma once
// What this module cannot do for whoever asks. What is wrong with a message or with what the DNS says of it is no error
// but a verdict (results/result.h).
#include <cstdint>
#include <string>
#include <string_view>

#include "posthouse/base/error.h"
#include "posthouse/base/source_location.h"

namespace posthouse::mailauth {

enum class Errc : std::uint8_t {
  key,       ///< "mailauth.key": no private key that this module signs with, or one too weak to sign with.
  key_file,  ///< "mailauth.key_file": a key's file cannot be read or written, or others may read it.
  name,      ///< "mailauth.name": no domain, selector or name of a server.
  field,     ///< "mailauth.field": a header field that cannot be written.
  crypto,    ///< "mailauth.crypto": OpenSSL failed.
  report,    ///< "mailauth.report": no report that can be read, or one beyond the limits.
};

/// The name of `errc`: "key_file".
std::string_view to_string(Errc errc) noexcept;

/// A failure of this module; code() is "mailauth." followed by the name of its kind.
class Error : public posthouse::Error {
 public:
  Error(Errc errc, const std::string& what, SourceLocation where = SourceLocation::current());
  Errc errc() const noexcept { return errc_; }

 private:
  Errc errc_;
};

}  // namespace posthouse::mailauth
