// expect: this column cannot be compared with, or set to, a value of that type

namespace compile_fail {

#ifdef WRONG
constexpr const char* old = "18";
#else
constexpr int old = 18;
#endif
inline auto filter_text_with_number(orm::Session& session) {
  return session.query<User>().filter(orm::col(&User::age) >= old && orm::col(&User::id) > 1).count();
}

}  // namespace compile_fail
