// expect: order_by() takes orders, such as
namespace compile_fail {

inline auto order_by_column(orm::Session& session) {
#ifdef WRONG
  return session.query<User>().order_by(orm::col(&User::name)).all();
#else
  return session.query<User>().order_by(orm::col(&User::name).asc()).all();
#endif
}

}  // namespace compile_fail
