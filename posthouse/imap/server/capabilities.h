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
  std::string mechanisms{};        ///< For AUTHENTICATE now, a space between each two; empty: nobody can log in now.
  std::uint64_t append_limit = 0;  ///< Where somebody has logged in.
};

/// The capabilities now, in the order of the table.
std::vector<std::string> capabilities(const ServerOptions& options, const CapabilityState& state);

/// True unless `capability`, in upper case, is switched off.
bool is_offered(const ServerOptions& options, std::string_view capability) noexcept;

}  // namespace posthouse::imap
