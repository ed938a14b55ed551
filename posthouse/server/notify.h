#pragma once
// Telling the service manager how things stand (sd_notify's datagram). Private to this module.
#include <string_view>

namespace posthouse::server {

/// Sends `state` ("READY=1") to the socket that $NOTIFY_SOCKET names; does nothing when there is none. Never fails: the
/// service manager's view is not worth stopping for.
void notify_service_manager(std::string_view state) noexcept;

/// "RELOADING=1" with the moment it began, as Type=notify-reload wants it.
void notify_reloading() noexcept;

}  // namespace posthouse::server
