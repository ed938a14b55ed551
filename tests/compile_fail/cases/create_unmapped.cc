// expect: this struct is not mapped

namespace compile_fail {

inline void create_unmapped(orm::Engine& engine) {
#ifdef WRONG
  engine.create_all<User, Stranger>();
#else
  engine.create_all<User, Book>();
#endif
}

}  // namespace compile_fail
