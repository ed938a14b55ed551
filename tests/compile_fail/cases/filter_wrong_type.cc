// expect: this column cannot be compared with, or set to, a value of that type

namespace compile_fail {

#ifdef WRONG
constexpr int wanted = 5;
#else
constexpr const char* wanted = "5";
#endif
inline auto filter_wrong_type(orm::Session& session) {
  return session.query<User>().filter(orm::col(&User::name) == wanted).all();
}

}  // namespace compile_fail
