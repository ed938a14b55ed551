// What the cases are about. Compiled beforehand, and put before each of them.
#include <cstdint>
#include <map>
#include <string>

#include "posthouse/orm/orm.h"

namespace compile_fail {

using namespace posthouse;

struct Book {
  std::int64_t id = 0;
  std::string title{};
  std::int64_t user_id = 0;
};
struct User {
  std::int64_t id = 0;
  std::string name{};
  int age = 0;
  orm::Many<Book> books{};
};
struct Stranger {  // mapped to nothing
  std::int64_t id = 0;
  std::int64_t user_id = 0;
};

inline void describe(orm::Mapping<Book>& book) {
  book.table("book");
  book.column("id", &Book::id).primary_key();
}
inline void describe(orm::Mapping<User>& user) {
  user.table("user");
  user.column("id", &User::id).primary_key();
}

}  // namespace compile_fail
