#pragma once
// All of posthouse::orm.
#include "posthouse/orm/conditions/aggregate.h"     // IWYU pragma: export
#include "posthouse/orm/conditions/condition.h"     // IWYU pragma: export
#include "posthouse/orm/engine.h"                   // IWYU pragma: export
#include "posthouse/orm/mapping/mapping.h"          // IWYU pragma: export
#include "posthouse/orm/mapping/relation.h"         // IWYU pragma: export
#include "posthouse/orm/migrate/migration.h"        // IWYU pragma: export
#include "posthouse/orm/migrate/migration_files.h"  // IWYU pragma: export
#include "posthouse/orm/query/query.h"              // IWYU pragma: export
#include "posthouse/orm/query/select.h"             // IWYU pragma: export
#include "posthouse/orm/schema/schema_diff.h"       // IWYU pragma: export
#include "posthouse/orm/session/session.h"          // IWYU pragma: export
