// expect: read a character as a string or as an integer

namespace compile_fail {

inline auto read_character(sql::Connection& db) {
#ifdef WRONG
  return db.query_one<char>("select initial from user");
#else
  return db.query_one<std::string>("select initial from user");
#endif
}

}  // namespace compile_fail
