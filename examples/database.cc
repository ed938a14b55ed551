// Chapter 6: a table, written and read. `database` uses a file; `database mysql://root@localhost:3306/test` a server.
#include <iostream>

#include "posthouse/sql/sql.h"

using namespace posthouse;

void write_user(const std::string& url) {
  auto db = sql::connect(url);
  auto cursor = db.cursor();
  cursor.execute("create table if not exists user (id varchar(20) primary key, name varchar(20))");
  sql::Transaction transaction(db);
  cursor.execute("insert into user (id, name) values (?, ?)", "1", "Michael 🏣 驿站");
  std::cout << "rowcount = " << cursor.rowcount() << '\n';
  transaction.commit();
}  // the connection is closed here, whatever happened

void read_user(const std::string& url) {
  auto db = sql::connect(url);
  for (auto [id, name] : db.query<std::string, std::string>("select id, name from user where id = ?", "1"))
    std::cout << id << ' ' << name << '\n';
}

int main(int argc, char** argv) try {
  const std::string url = argc > 1 ? argv[1] : "sqlite:///test.db";
  write_user(url);
  read_user(url);
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
