#pragma once
// All of posthouse::sql.
#include "posthouse/sql/connection/blob_stream.h"  // IWYU pragma: export
#include "posthouse/sql/connection/connection.h"   // IWYU pragma: export
#include "posthouse/sql/connection/cursor.h"       // IWYU pragma: export
#include "posthouse/sql/connection/retry.h"        // IWYU pragma: export
#include "posthouse/sql/connection/transaction.h"  // IWYU pragma: export
#include "posthouse/sql/error.h"                   // IWYU pragma: export
#include "posthouse/sql/pool.h"                    // IWYU pragma: export
#include "posthouse/sql/quoting.h"                 // IWYU pragma: export
#include "posthouse/sql/reflection/reflection.h"   // IWYU pragma: export
#include "posthouse/sql/statement/trace.h"         // IWYU pragma: export
#include "posthouse/sql/values/types.h"            // IWYU pragma: export
#include "posthouse/sql/values/value.h"            // IWYU pragma: export
