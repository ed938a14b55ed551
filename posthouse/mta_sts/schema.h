#pragma once
// The table of policies, for whoever opens the store.
#include "posthouse/store/tables/migration.h"

namespace posthouse::mta_sts {

/// The migrations that make the table; for store::StoreOptions::migrations.
store::MigrationSet migrations();

}  // namespace posthouse::mta_sts
