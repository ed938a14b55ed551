#pragma once
// What the server refuses beyond what its store, its network and its protocols refuse.
#include <string>
#include <string_view>

#include "posthouse/base/error.h"
#include "posthouse/base/source_location.h"

namespace posthouse::server {

enum class Errc {
  config,      ///< A file, flag or combination of settings that cannot be used; what() says where and what is allowed.
  activation,  ///< A socket from the service manager that no listener can be.
  no_server,   ///< No server runs on the data folder, or it does not answer.
  permission,  ///< This user may not talk to the running server.
  refused      ///< The running server does not do what it was asked for.
};

/// The name of `errc`: "config".
std::string_view to_string(Errc errc) noexcept;

/// A refusal of the server; code() is "server." followed by the name of its kind.
class Error : public posthouse::Error {
 public:
  Error(Errc errc, const std::string& what, SourceLocation where = SourceLocation::current());
  Errc errc() const noexcept { return errc_; }

 private:
  Errc errc_;
};

}  // namespace posthouse::server
