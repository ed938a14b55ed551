// expect: no matching function for call to
// expect clang: no matching member function for call to 'filter_by'

namespace compile_fail {

inline auto filter_by_other_struct(orm::Session& session) {
#ifdef WRONG
  return session.query<User>().filter_by(&Book::title, "Post").all();
#else
  return session.query<Book>().filter_by(&Book::title, "Post").all();
#endif
}

}  // namespace compile_fail
