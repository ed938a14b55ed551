#pragma once
// What a mechanism cannot do for whoever asks; what a peer does wrong is told by Progress and Verdict.
#include <string>
#include <string_view>

#include "posthouse/base/error.h"
#include "posthouse/base/source_location.h"

namespace posthouse::sasl {

enum class Errc {
  mechanism,    ///< No mechanism of that name.
  credentials,  ///< A name or password that the mechanism cannot carry.
  crypto        ///< OpenSSL failed.
};

/// The name of `errc`: "mechanism".
std::string_view to_string(Errc errc) noexcept;

/// A failure of this module; code() is "sasl." followed by the name of its kind.
class Error : public posthouse::Error {
 public:
  Error(Errc errc, const std::string& what, SourceLocation where = SourceLocation::current());
  Errc errc() const noexcept { return errc_; }

 private:
  Errc errc_;
};

}  // namespace posthouse::sasl
