// expect: sql cannot bind this type: specialise posthouse::sql::Type for it

namespace compile_fail {

inline void bind_odd_type(sql::Connection& db) {
#ifdef WRONG
  db.exec("delete from user where id = ?", std::map<int, int>());
#else
  db.exec("delete from user where id = ?", 5);
#endif
}

}  // namespace compile_fail
