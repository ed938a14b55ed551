// expect: this struct is not mapped

namespace compile_fail {

inline auto query_unmapped(orm::Session& session) {
#ifdef WRONG
  return session.query<Stranger>().all();
#else
  return session.query<User>().all();
#endif
}

}  // namespace compile_fail
