// expect: this struct is not mapped

namespace compile_fail {

#ifdef WRONG
using Thing = Stranger;
#else
using Thing = Book;
#endif
struct Owner {
  std::int64_t id = 0;
  orm::Many<Thing> things{};
};
inline void describe(orm::Mapping<Owner>& owner) {
  owner.table("owner");
  owner.column("id", &Owner::id).primary_key();
  owner.has_many(&Owner::things, &Thing::user_id);
}

}  // namespace compile_fail
