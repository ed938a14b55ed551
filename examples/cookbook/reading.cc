// Recipes: statements and rows.
#include <iostream>
#include <optional>

#include "recipes.h"

#include "posthouse/sql/sql.h"

using namespace posthouse;

void open_database(const std::string& url) {
  auto db = sql::connect(url);  // closed at the end of the block, whatever happens
  db.exec("create table person (id bigint not null primary key, name varchar(40) not null, age bigint)");
  std::cout << db.query_one<int>("select count(*) from person") << " rows\n";
}

void values_into_statements(const std::string& url) {
  auto db = sql::connect(url);
  const std::string name = "Robert'); drop table person; --";
  db.exec("insert into person (id, name, age) values (?, ?, ?)", 1, name, 12);
  db.exec("insert into person (id, name, age) values (?, ?, ?)", 2, "李雷", std::nullopt);
  const auto changed = db.exec("update person set name = ? where id = ?", "Robert", 1);
  std::cout << changed << " changed\n";
}

void rows_as_tuples(const std::string& url) {
  auto db = sql::connect(url);
  for (auto [id, name, age] :
       db.query<int, std::string, std::optional<int>>("select id, name, age from person order by id"))
    std::cout << id << ' ' << name << ' ' << (age ? std::to_string(*age) : "unknown") << '\n';
}

namespace {

struct Person {
  std::int64_t id = 0;
  std::string name{};
  std::optional<int> age{};
};

}  // namespace

void rows_as_structs(const std::string& url) {
  auto db = sql::connect(url);
  const std::vector<Person> people = db.query<Person>("select id, name, age from person order by id").all();
  std::cout << people.size() << " people, first " << people.front().name << '\n';
}

void one_value(const std::string& url) {
  auto db = sql::connect(url);
  const auto count = db.query_one<int>("select count(*) from person");
  const auto [name, age] = db.query_one<std::string, int>("select name, age from person where id = ?", 1);
  const std::optional<std::string> nobody = db.query_optional<std::string>("select name from person where id = 99");
  std::cout << count << ' ' << name << ' ' << age << ' ' << nobody.value_or("nobody") << '\n';
}

void named_parameters(const std::string& url) {
  auto db = sql::connect(url);
  std::cout << db.query_one<int>("select count(*) from person where name = :who or :who = 'all'",
                                 sql::named("who", "all"))
            << '\n';
}

void unknown_columns(const std::string& url) {
  auto db = sql::connect(url);
  for (const sql::Row& row : db.query("select * from person where id = 1")) {
    for (std::size_t i = 0; i < row.size(); ++i) std::cout << row.names()[i] << '=' << sql::to_string(row[i]) << ' ';
    std::cout << row.get<std::string>("name") << '\n';
  }
}

void prepared_once(const std::string& url) {
  auto db = sql::connect(url);
  sql::Transaction transaction(db);  // reads that belong together; on SQLite it also halves what each of them costs
  auto by_id = db.prepare("select name from person where id = ?");
  for (const int id : {1, 2, 3}) std::cout << by_id.query_optional<std::string>(id).value_or("-") << ' ';
  std::cout << '\n';
}

void like_db_api(const std::string& url) {
  auto db = sql::connect(url);
  auto cursor = db.cursor();
  cursor.execute("select id, name from person order by id");
  while (const auto row = cursor.fetchone()) std::cout << row->get<std::string>("name") << ' ';
  std::cout << '\n';
}
