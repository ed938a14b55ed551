// expect: no matching function for call to
// expect clang: no matching member function for call to 'foreign_key'

namespace compile_fail {

inline void foreign_key_of_other_struct(orm::Mapping<Book>& book) {
#ifdef WRONG
  book.foreign_key(orm::fields(&User::id), orm::fields(&User::id));
#else
  book.foreign_key(orm::fields(&Book::user_id), orm::fields(&User::id));
#endif
}

}  // namespace compile_fail
