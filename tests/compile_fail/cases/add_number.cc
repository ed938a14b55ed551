// expect: this struct is not mapped

namespace compile_fail {

inline void add_number(orm::Session& session) {
#ifdef WRONG
  session.add(5);
#else
  session.add(User{.name = "Ann"});
#endif
}

}  // namespace compile_fail
