// expect: like() is for text
namespace compile_fail {

inline auto like_of_number(orm::Session& session) {
#ifdef WRONG
  return session.query<User>().filter(orm::col(&User::age).like("1%")).count();
#else
  return session.query<User>().filter(orm::col(&User::name).like("A%")).count();
#endif
}

}  // namespace compile_fail
