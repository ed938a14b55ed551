// expect: sum() is for columns of numbers
namespace compile_fail {

inline auto sum_of_text(orm::Session& session) {
#ifdef WRONG
  return session.select(orm::sum(orm::col(&User::name))).one();
#else
  return session.select(orm::sum(orm::col(&User::age))).one();
#endif
}

}  // namespace compile_fail
