// expect: this column cannot be compared with, or set to, a value of that type

namespace compile_fail {

inline auto update_wrong_type(orm::Session& session) {
#ifdef WRONG
  return session.query<User>().update(&User::age, "old");
#else
  return session.query<User>().update(&User::age, 80);
#endif
}

}  // namespace compile_fail
