// expect: no matching function for call to
// expect clang: no matching member function for call to 'has_many'

namespace compile_fail {

struct Reader {
  std::int64_t id = 0;
  orm::Many<Book> books{};
};
inline void describe(orm::Mapping<Reader>& reader) {
  reader.table("reader");
  reader.column("id", &Reader::id).primary_key();
#ifdef WRONG
  reader.has_many(&Reader::books, &Reader::id);
#else
  reader.has_many(&Reader::books, &Book::user_id);
#endif
}

}  // namespace compile_fail
