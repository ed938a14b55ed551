// sql_rows URL [tx] [only-bulk]: the load of the peers in ../shared/bench/libs/sql, on posthouse::sql: SQL_ROWS rows of
// five columns inserted in one transaction, SQL_GETS selects by key, all rows read, rows inserted one by one for a
// second. With tx the selects by key share a read transaction. Prints one JSON line a measure, as the peers do.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/sql/sql.h"

namespace {

using namespace posthouse;

struct Person {
  std::int64_t id = 0;
  std::string name{};
  std::string email{};
  int age = 0;
  double score = 0;
};

Person make_person(std::int64_t i) {
  return {i, "用户 number " + std::to_string(i), "user" + std::to_string(i) + "@example.com",
          static_cast<int>(18 + i % 60), static_cast<double>(i) * 0.5};
}

int environment(const char* name, int otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : std::atoi(value);
}

void require(bool holds) {
  if (!holds) {
    throw std::runtime_error("the database gave something else back");
  }
}

struct Cost {
  double wall = 0;
  double cpu = 0;
};

template <class F>
Cost timed(F&& f) {
  const auto cpu = [] {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  };
  const double before = cpu();
  const auto start = std::chrono::steady_clock::now();
  f();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), cpu() - before};
}

void print(const char* what, int operations, std::vector<Cost> runs) {
  const auto by = [&](double Cost::* part) {
    std::sort(runs.begin(), runs.end(), [&](const Cost& a, const Cost& b) { return a.*part < b.*part; });
  };
  by(&Cost::wall);
  const double median = runs[runs.size() / 2].wall;
  by(&Cost::cpu);
  std::printf(
      "{\"bench\":\"sql\",\"lib\":\"posthouse::sql\",\"what\":\"%s\",\"ops\":%d,\"ops_s\":%.0f,\"cpu_us\":%.3f}\n",
      what, operations, operations / median, runs.front().cpu / operations * 1e6);
  std::fflush(stdout);
}

class Load {
 public:
  Load(const std::string& url, bool one_transaction)
      : db_(sql::connect(url)), sqlite_(db_.engine() == "sqlite"), one_transaction_(one_transaction) {
    if (!sqlite_) {
      return;
    }
    db_.query_one<std::string>("pragma journal_mode = wal");
    db_.exec("pragma synchronous = full");
  }

  void make_table() {
    db_.exec("drop table if exists t");
    db_.exec(sqlite_ ? "create table t (id integer primary key, name text not null, email text not null,"
                       " age integer not null, score real not null)"
                     : "create table t (id bigint primary key, name varchar(60) not null, email varchar(80) not null,"
                       " age int not null, score double not null) engine = innodb");
  }
  void insert_all(const std::vector<Person>& people) { db_.exec_many(insert, people); }
  void insert_one_by_one(const std::vector<Person>& people) {
    sql::Transaction transaction(db_);
    for (const Person& person : people) {
      insert_one(person);
    }
    transaction.commit();
  }
  void insert_one(const Person& p) { db_.exec(insert, p.id, p.name, p.email, p.age, p.score); }
  void select_by_key(int count, int rows) {
    if (one_transaction_) {
      db_.begin();
    }
    std::uint32_t chance = 12345;
    for (int i = 0; i < count; ++i) {
      chance = chance * 1664525U + 1013904223U;
      const std::int64_t id = 1 + (chance >> 8U) % static_cast<std::uint32_t>(rows);
      const auto person = db_.query_one<Person>("select id, name, email, age, score from t where id = ?", id);
      require(person.id == id && person.age == 18 + id % 60 && person.email.size() >= 10);
    }
    db_.commit();
  }
  void select_all(int rows) {
    const auto people = db_.query<Person>("select id, name, email, age, score from t").all();
    double sum = 0;
    for (const Person& person : people) {
      sum += person.score;
    }
    require(people.size() == static_cast<std::size_t>(rows) && sum == static_cast<double>(rows) * (rows + 1) / 4);
  }

 private:
  static constexpr const char* insert = "insert into t values (?, ?, ?, ?, ?)";
  sql::Connection db_;
  const bool sqlite_;
  const bool one_transaction_;
};

void run(Load& load) {
  const int rows = environment("SQL_ROWS", 100'000);
  const int gets = environment("SQL_GETS", rows);
  const int runs = environment("SQL_RUNS", 3);
  std::vector<Person> people;
  for (int i = 1; i <= rows; ++i) {
    people.push_back(make_person(i));
  }
  const auto measure = [&](const char* what, int operations, auto&& f) {
    std::vector<Cost> costs;
    for (int i = 0; i < runs; ++i) {
      costs.push_back(f());
    }
    print(what, operations, costs);
  };
  measure("insert_tx", rows, [&] {
    load.make_table();
    return timed([&] { load.insert_one_by_one(people); });
  });
  measure("insert_bulk", rows, [&] {
    load.make_table();
    return timed([&] { load.insert_all(people); });
  });
  measure("select_pk", gets, [&] { return timed([&] { load.select_by_key(gets, rows); }); });
  measure("select_all", rows, [&] { return timed([&] { load.select_all(rows); }); });
  int done = 0;
  const Cost cost = timed([&] {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    for (; std::chrono::steady_clock::now() < end; ++done) {
      load.insert_one(make_person(1'000'000 + done));
    }
  });
  print("insert_single", done, {cost});
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) {
    std::fprintf(stderr, "usage: sql_rows URL [tx]\n");
    return 2;
  }
  Load load(argv[1], argc > 2 && std::string_view(argv[2]) == "tx");
  run(load);
} catch (const std::exception& error) {
  std::fprintf(stderr, "sql_rows: %s\n", error.what());
  return 1;
}
