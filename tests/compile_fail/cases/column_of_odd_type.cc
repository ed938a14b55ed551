// expect: the ORM cannot keep this type: specialise posthouse::sql::Type for it

namespace compile_fail {

struct Odd {
  std::int64_t id = 0;
#ifdef WRONG
  std::map<int, int> counts{};
#else
  sql::Json counts{};
#endif
};
inline void describe(orm::Mapping<Odd>& odd) {
  odd.table("odd");
  odd.column("id", &Odd::id).primary_key();
  odd.column("counts", &Odd::counts);
}

}  // namespace compile_fail
