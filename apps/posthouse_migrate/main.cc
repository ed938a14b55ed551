// posthouse-migrate: numbered changes of a database, kept as .sql files.
#include "posthouse/orm/migrate/migrate_main.h"

int main(int argc, char** argv) {
  return posthouse::orm::migrate_main(argc, argv, {}, {.name = "posthouse-migrate", .version = POSTHOUSE_VERSION});
}
