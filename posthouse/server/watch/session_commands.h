#pragma once
// Sessions listed and ended at the control socket. Private to this module.
#include "posthouse/server/control/control_socket.h"
#include "posthouse/server/listen/connections.h"

namespace posthouse::server {

/// Adds the commands "sessions" and "end ID". `connections` must outlive `control`.
void add_session_commands(ControlSocket& control, Connections& connections);

}  // namespace posthouse::server
