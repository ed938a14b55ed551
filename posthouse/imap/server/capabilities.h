#pragma once
// What a server says it can do. Private to this module.
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/imap/server/server.h"

namespace posthouse::imap {

/// What the list of capabilities depends on.
struct CapabilityState {
  bool logged_in = false;
  bool compressed = false;
  bool can_start_tls = false;
  std::string mechanisms{};         ///< For AUTHENTICATE now, a space between each two; empty: nobody can log in now.
  bool login_command = false;       ///< LOGIN may be used now.
  std::uint64_t append_limit = 0;   ///< Where somebody has logged in.
  std::uint64_t message_limit = 0;  ///< 0: none.
};

/// The capabilities now but for those in `disabled`, in the order of the table.
std::vector<std::string> capabilities(const std::vector<std::string>& disabled, const CapabilityState& state);

/// What is switched off for `user`, who may be nobody, at `client`.
std::vector<std::string> disabled_for(const ServerOptions& options, std::string_view user, std::string_view client);

}  // namespace posthouse::imap
