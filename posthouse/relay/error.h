#pragma once
// What the relay refuses or fails at beyond its store and its peers.
#include <string>
#include <string_view>

#include "posthouse/base/error.h"
#include "posthouse/base/source_location.h"

namespace posthouse::relay {

enum class Errc {
  route,   ///< Not a next hop: HOST, HOST:PORT, 1.2.3.4:PORT or [IPV6]:PORT is wanted.
  no_host  ///< No host for a domain can be talked to: always a NoHost (verdict.h).
};

/// The name of `errc`: "no_host".
std::string_view to_string(Errc errc) noexcept;

/// A refusal or failure of the relay; code() is "relay." followed by the name of its kind.
class Error : public posthouse::Error {
 public:
  Error(Errc errc, const std::string& what, SourceLocation where = SourceLocation::current());
  Errc errc() const noexcept { return errc_; }

 private:
  Errc errc_;
};

}  // namespace posthouse::relay
