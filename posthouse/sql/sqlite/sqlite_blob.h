#pragma once
// Incremental blob I/O of SQLite. Private to this module.
#include <cstdint>
#include <memory>

#include <sqlite3.h>

#include "posthouse/sql/driver/driver.h"
#include "posthouse/sql/values/blob_place.h"

namespace posthouse::sql {

/// DriverConnection::open_blob and replace_blob, on the connection `db` that `connection` holds.
std::unique_ptr<DriverBlob> open_sqlite_blob(sqlite3* db, DriverConnection& connection, const BlobPlace& place);
std::unique_ptr<DriverBlob> replace_sqlite_blob(sqlite3* db, DriverConnection& connection, const BlobPlace& place,
                                                std::uint64_t size);

}  // namespace posthouse::sql
