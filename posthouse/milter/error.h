#pragma once
// What goes wrong between a mail server and a filter.
#include <string>
#include <string_view>

#include "posthouse/base/error.h"
#include "posthouse/base/source_location.h"

namespace posthouse::milter {

enum class Errc {
  endpoint,   ///< No such spelling of where a filter listens.
  protocol,   ///< The filter said what cannot be said, or what it had not asked to be allowed to say.
  too_large,  ///< The filter said more than the limits let it.
  closed      ///< The filter ended the connection in the middle.
};

/// The name of `errc`: "protocol".
std::string_view to_string(Errc errc) noexcept;

/// A failure of this module; code() is "milter." followed by the name of its kind.
class Error : public posthouse::Error {
 public:
  Error(Errc errc, const std::string& what, SourceLocation where = SourceLocation::current());
  Errc errc() const noexcept { return errc_; }

 private:
  Errc errc_;
};

}  // namespace posthouse::milter
