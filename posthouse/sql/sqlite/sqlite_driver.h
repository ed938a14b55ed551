#pragma once
// SQLite behind the driver interface. Private to this module.
#include <memory>
#include <string>

#include "posthouse/sql/driver/connect_options.h"
#include "posthouse/sql/driver/driver.h"

namespace posthouse::sql {

/// Opens `file` (or ":memory:").
std::unique_ptr<DriverConnection> open_sqlite(const std::string& file, const ConnectOptions& options);

}  // namespace posthouse::sql
