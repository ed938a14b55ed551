#pragma once
// The store's tables. Private to this module.
#include "posthouse/store/tables/migration.h"

namespace posthouse::store {

/// Every migration of the store, in order.
MigrationSet store_migrations();

}  // namespace posthouse::store
