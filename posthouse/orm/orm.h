#pragma once
// All of posthouse::orm.
#include "posthouse/orm/aggregate.h"        // IWYU pragma: export
#include "posthouse/orm/condition.h"        // IWYU pragma: export
#include "posthouse/orm/engine.h"           // IWYU pragma: export
#include "posthouse/orm/mapping.h"          // IWYU pragma: export
#include "posthouse/orm/migration.h"        // IWYU pragma: export
#include "posthouse/orm/migration_files.h"  // IWYU pragma: export
#include "posthouse/orm/query.h"            // IWYU pragma: export
#include "posthouse/orm/relation.h"         // IWYU pragma: export
#include "posthouse/orm/schema_diff.h"      // IWYU pragma: export
#include "posthouse/orm/select.h"           // IWYU pragma: export
#include "posthouse/orm/session.h"          // IWYU pragma: export
