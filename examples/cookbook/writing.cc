// Recipes: writing, transactions, types, connections.
#include <iostream>

#include "recipes.h"

#include "posthouse/sql/sql.h"

using namespace posthouse;

void many_rows_at_once(const std::string& url) {
  auto db = sql::connect(url);
  db.exec("create table reading (id bigint primary key, celsius double not null)");
  std::vector<std::pair<int, double>> rows;
  for (int i = 0; i < 1000; ++i) rows.emplace_back(i, 20 + i % 7);
  std::cout << db.exec_many("insert into reading (id, celsius) values (?, ?)", rows) << " rows\n";
}

void all_or_nothing(const std::string& url) {
  auto db = sql::connect(url);
  try {
    sql::Transaction transaction(db);
    db.exec("delete from reading where id < 500");
    db.exec("insert into reading values (999, 21)");  // this id is taken
    transaction.commit();
  } catch (const sql::Error&) {
    std::cout << db.query_one<int>("select count(*) from reading") << " rows, as before\n";
  }
}

void a_part_undone(const std::string& url) {
  auto db = sql::connect(url);
  sql::Transaction transaction(db);
  db.exec("insert into reading values (1000, 30)");
  {
    sql::Savepoint part(db);
    db.exec("delete from reading");
  }  // not committed: undone
  transaction.commit();
  std::cout << db.query_one<int>("select count(*) from reading") << " rows\n";
}

void tried_again(const std::string& url) {
  auto db = sql::connect(url);
  const int now = sql::transact(db, [](sql::Connection& tx) {
    tx.exec("update reading set celsius = celsius + 1 where id = 1000");
    return tx.query_one<int>("select id from reading where celsius = 31");
  });
  std::cout << "reading " << now << '\n';
}

void failures_told_apart(const std::string& url) {
  auto db = sql::connect(url);
  try {
    db.exec("insert into reading values (?, ?)", 1, 20.0);
  } catch (const sql::Error& error) {
    if (error.errc() == sql::Errc::unique) std::cout << "there is one already, ";
    std::cout << "SQLSTATE " << error.sqlstate().substr(0, 2) << ", retry: " << error.retryable()
              << ", connection usable: " << error.connection_usable() << '\n';
  }
}

void odd_types(const std::string& url) {
  auto db = sql::connect(url);
  db.exec("create table visit (id char(36) primary key, at datetime(6), day date, price decimal(10, 2), more text)");
  const auto day = std::chrono::year(2026) / 11 / 26;
  const sql::Uuid id = sql::Uuid::random();
  db.exec("insert into visit values (?, ?, ?, ?, ?)", id, std::chrono::sys_days(day) + std::chrono::hours(9), day,
          sql::Decimal{"12.50"}, sql::Json{R"({"page": 1})"});
  const auto [at, more] = db.query_one<std::chrono::sys_time<std::chrono::seconds>, sql::Json>(
      "select at, more from visit where id = ?", id);
  std::cout << (at - std::chrono::sys_days(day)) / std::chrono::hours(1) << " o'clock " << more.text << '\n';
}

struct Colour {
  std::uint8_t red = 0, green = 0, blue = 0;
};

template <>
struct posthouse::sql::Type<Colour> {
  static void bind(Parameter parameter, const Colour& value) {
    parameter.integer(value.red << 16 | value.green << 8 | value.blue);
  }
  static Colour get(const Column& column) {
    const std::int64_t bits = column.integer();
    return {static_cast<std::uint8_t>(bits >> 16), static_cast<std::uint8_t>(bits >> 8),
            static_cast<std::uint8_t>(bits)};
  }
};

void type_of_ones_own(const std::string& url) {
  auto db = sql::connect(url);
  db.exec("create table paint (id bigint primary key, colour bigint)");
  db.exec("insert into paint values (1, ?)", Colour{255, 128, 0});
  std::cout << int{db.query_one<Colour>("select colour from paint").green} << '\n';
}

void octets(const std::string& url) {
  auto db = sql::connect(url);
  db.exec("create table picture (id bigint primary key, png blob)");
  const std::string png("\x89PNG\0\1", 6);
  db.exec("insert into picture values (1, ?)", sql::BlobView{png});
  std::cout << db.query_one<sql::Blob>("select png from picture").bytes.size() << " octets\n";
}

void shared_connections(const std::string& url) {
  sql::Pool pool(url);
  {
    auto db = pool.take();  // given back at the end of the block
    std::cout << db->query_one<int>("select count(*) from picture") << ' ' << pool.statistics().in_use;
  }
  std::cout << ' ' << pool.statistics().in_use << '\n';
}

void what_is_run(const std::string& url) {
  auto db = sql::connect(url);
  db.set_trace([](const sql::TraceEvent& event) {
    std::cout << event.statement << ": " << event.rows << " rows" << (event.elapsed.count() > 0 ? "" : "?") << '\n';
  });
  db.query<int>("select id from picture").all();
}

void look_at_tables(const std::string& url) {
  auto db = sql::connect(url);
  const sql::TableInfo table = sql::table_info(db, "person");
  for (const sql::ColumnInfo& column : table.columns) std::cout << column.name << (column.nullable ? "? " : " ");
  std::cout << "key " << table.primary_key.front() << '\n';
}
