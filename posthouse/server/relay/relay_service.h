#pragma once
// The relaying of mail as a service: it listens for nobody and empties the queue.
#include "posthouse/server/service.h"

namespace posthouse::server {

Service relay_service();

}  // namespace posthouse::server
