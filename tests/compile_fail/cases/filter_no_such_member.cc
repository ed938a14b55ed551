// expect: is not a member of
// expect clang: no member named 'surname' in 'compile_fail::User'

namespace compile_fail {

inline auto filter_no_such_member(orm::Session& session) {
#ifdef WRONG
  return session.query<User>().filter_by(&User::surname, "Ann").all();
#else
  return session.query<User>().filter_by(&User::name, "Ann").all();
#endif
}

}  // namespace compile_fail
