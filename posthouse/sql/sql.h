#pragma once
// All of posthouse::sql.
#include "posthouse/sql/blob_stream.h"  // IWYU pragma: export
#include "posthouse/sql/connection.h"   // IWYU pragma: export
#include "posthouse/sql/cursor.h"       // IWYU pragma: export
#include "posthouse/sql/error.h"        // IWYU pragma: export
#include "posthouse/sql/pool.h"         // IWYU pragma: export
#include "posthouse/sql/reflection.h"   // IWYU pragma: export
#include "posthouse/sql/retry.h"        // IWYU pragma: export
#include "posthouse/sql/split_pool.h"   // IWYU pragma: export
#include "posthouse/sql/trace.h"        // IWYU pragma: export
#include "posthouse/sql/transaction.h"  // IWYU pragma: export
#include "posthouse/sql/types.h"        // IWYU pragma: export
#include "posthouse/sql/value.h"        // IWYU pragma: export
