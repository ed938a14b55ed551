#pragma once
// Where the sockets of a server are: `control` in the data folder, and others. Private to this module.
#include <filesystem>
#include <string>

#include "posthouse/net/address.h"

namespace posthouse::server {

/// The address of the socket, which is good for as long as this lives: the path of a socket has 107 octets at most
/// (unix(7)), and the folder may have a longer one.
class ControlAddress {
 public:
  /// `name` in `folder`. Throws net::Error when the folder is not there.
  explicit ControlAddress(const std::filesystem::path& folder, const std::string& name = "control");
  ControlAddress(const ControlAddress&) = delete;
  ControlAddress& operator=(const ControlAddress&) = delete;
  ~ControlAddress();

  const net::Address& address() const noexcept { return address_; }

 private:
  int folder_ = -1;
  net::Address address_{};
};

}  // namespace posthouse::server
