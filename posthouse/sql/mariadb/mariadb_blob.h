#pragma once
// BLOBs of a MariaDB server piece by piece. Private to this module.
#include <cstdint>
#include <memory>

#include "posthouse/sql/driver/driver.h"
#include "posthouse/sql/values/blob_place.h"

namespace posthouse::sql::mariadb {

class MariadbConnection;

/// DriverConnection::open_blob: each read is a SELECT of a part.
std::unique_ptr<DriverBlob> open_mariadb_blob(MariadbConnection& connection, const BlobPlace& place);
/// DriverConnection::replace_blob: an UPDATE whose value is sent before it runs.
std::unique_ptr<DriverBlob> replace_mariadb_blob(MariadbConnection& connection, const BlobPlace& place,
                                                 std::uint64_t size);

}  // namespace posthouse::sql::mariadb
