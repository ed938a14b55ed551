// A program of somebody else's that only uses the database, in a fiber.
#include <posthouse/fiber/fiber.h>
#include <posthouse/sql/sql.h>

using namespace posthouse;

int main() {
  int sum = 0;
  fiber::run([&] {
    auto db = sql::connect("sqlite://:memory:");
    sum = fiber::blocking([&] { return db.query_one<int>("select 40 + 2"); });
  });
  return sum == 42 ? 0 : 1;
}
