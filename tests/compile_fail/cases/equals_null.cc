// expect: nothing equals NULL in SQL: ask for is_null() or is_not_null()
namespace compile_fail {

inline auto equals_null(orm::Session& session) {
#ifdef WRONG
  return session.query<User>().filter(orm::col(&User::name) == std::nullopt).count();
#else
  return session.query<User>().filter(orm::col(&User::name).is_null()).count();
#endif
}

}  // namespace compile_fail
