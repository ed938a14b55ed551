#pragma once
// The tables of the outbound queue, for whoever opens the store. They live in the store's database, so that one
// transaction covers local deliveries and queue rows.
#include <vector>

#include "posthouse/store/store.h"
#include "posthouse/store/tables/migration.h"

namespace posthouse::queue {

/// The migrations that make the queue's tables; for store::StoreOptions::migrations.
store::MigrationSet migrations();

/// The queue's columns that hold messages; for store::StoreOptions::references.
std::vector<store::MessageReference> references();

/// What a store::WorkDue of the queue has as its module.
inline constexpr std::string_view module_name = "queue";

}  // namespace posthouse::queue
