// expect: give all parameters by name or none

namespace compile_fail {

inline void names_and_places(sql::Connection& db) {
#ifdef WRONG
  db.exec("update user set name = ? where id = :id", "Ann", sql::named("id", 5));
#else
  db.exec("update user set name = :name where id = :id", sql::named("name", "Ann"), sql::named("id", 5));
#endif
}

}  // namespace compile_fail
