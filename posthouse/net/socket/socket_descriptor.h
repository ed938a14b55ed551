#pragma once
// The descriptor of a socket. (Internal to the module.)
#include <string>

#include "posthouse/fiber/engine/descriptor.h"

namespace posthouse::net::detail {

/// Dumps of its fibers say who is at the other end.
class SocketDescriptor final : public fiber::detail::Descriptor {
 public:
  using Descriptor::Descriptor;
  std::string peer_name() const override;
};

}  // namespace posthouse::net::detail
