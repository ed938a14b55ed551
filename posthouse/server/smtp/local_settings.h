#pragma once
// The table [local]: the socket at which programs of this machine hand in letters.
#include <optional>
#include <string>
#include <vector>

namespace posthouse::server {

struct LocalSettings {
  std::optional<std::string> socket{};       ///< Its path; "" for none; nothing: see submission_socket().
  bool own_senders = false;                  ///< Users send as themselves only.
  std::vector<std::string> trusted_users{};  ///< They, and root, may send as anybody all the same.
};

/// Where the socket of a server is: as `settings` say ("": nowhere), else "submission" in the runtime directory that
/// systemd has made for this process ($RUNTIME_DIRECTORY), else nothing: "submission" in the data folder.
std::optional<std::string> submission_socket(const LocalSettings& settings);

}  // namespace posthouse::server
