// expect: filter() takes a condition, such as
namespace compile_fail {

inline auto filter_no_condition(orm::Session& session) {
#ifdef WRONG
  return session.query<User>().filter("name = 'Ann'").all();
#else
  return session.query<User>().filter(orm::col(&User::name) == "Ann").all();
#endif
}

}  // namespace compile_fail
