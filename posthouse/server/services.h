#pragma once
// The list of services.
#include <vector>

#include "posthouse/server/config/schema.h"
#include "posthouse/server/service.h"

namespace posthouse::server {

/// Every service of a Posthouse server, in the order in which their listeners are told.
const std::vector<Service>& services();

/// The listeners and settings of `of`, in their order.
ConfigSchema config_schema(const std::vector<Service>& of = services());

}  // namespace posthouse::server
