#pragma once
// What goes wrong between a client and a web server.
#include <string>
#include <string_view>

#include "posthouse/base/error.h"
#include "posthouse/base/source_location.h"

namespace posthouse::http {

enum class Errc {
  url,        ///< No URL, or none that may be asked for.
  request,    ///< A method, field or value that cannot be sent.
  protocol,   ///< The server said what is no answer of HTTP/1.1.
  too_large,  ///< The answer is larger than the limits let it be.
  closed,     ///< The server ended the connection in the middle of its answer.
  redirect    ///< It sent the client on to where it may not go, or too often.
};

/// The name of `errc`: "protocol".
std::string_view to_string(Errc errc) noexcept;

/// A failure of this module; code() is "http." followed by the name of its kind. What the network does is a net::Error.
class Error : public posthouse::Error {
 public:
  Error(Errc errc, const std::string& what, SourceLocation where = SourceLocation::current());
  Errc errc() const noexcept { return errc_; }

 private:
  Errc errc_;
};

}  // namespace posthouse::http
