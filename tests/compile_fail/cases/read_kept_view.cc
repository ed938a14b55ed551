// expect: a view into a row does not outlive query_one: ask for std::string or Blob

namespace compile_fail {

inline auto read_kept_view(sql::Connection& db) {
#ifdef WRONG
  return db.query_one<std::string_view>("select name from user");
#else
  return db.query_one<std::string>("select name from user");
#endif
}

}  // namespace compile_fail
