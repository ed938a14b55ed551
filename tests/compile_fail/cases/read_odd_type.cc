// expect: sql cannot read this type: specialise posthouse::sql::Type for it

namespace compile_fail {

inline auto read_odd_type(sql::Connection& db) {
#ifdef WRONG
  return db.query<int, std::map<int, int>>("select id, counts from user").all();
#else
  return db.query<int, sql::Json>("select id, counts from user").all();
#endif
}

}  // namespace compile_fail
