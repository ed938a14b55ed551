#include "posthouse/sql/sql.h"

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The kind of the sql::Error that `f` throws; fails the test when it throws none.
template <class F>
ErrorKind kind_thrown(F&& f, std::string* what = nullptr) {
  try {
    f();
  } catch (const Error& error) {
    if (what != nullptr) *what = error.what();
    return error.kind();
  }
  ADD_FAILURE() << "no sql::Error was thrown";
  return ErrorKind::other;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "posthouse-sql-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// What every engine has to do alike.
class Contract : public testing::Test {
 protected:
  Connection db = connect("sqlite://:memory:");

  void SetUp() override {
    db.exec("create table user (id varchar(20) primary key, name varchar(20) not null)");
    db.exec("create table thing (id integer primary key, whole bigint, broken double, word text, bytes blob)");
  }
};

TEST_F(Contract, TheTutorialsProgram) {
  EXPECT_EQ(db.exec("insert into user (id, name) values (?, ?)", "1", "Michael"), 1);
  int rows = 0;
  for (auto [id, name] : db.query<std::string, std::string>("select id, name from user where id = ?", "1")) {
    EXPECT_EQ(id, "1");
    EXPECT_EQ(name, "Michael");
    ++rows;
  }
  EXPECT_EQ(rows, 1);
}

TEST_F(Contract, ValuesComeBackAsTheyWere) {
  const std::string zeros("\0\x01\0", 3);
  const std::string emoji = "驿站 📯";
  db.exec("insert into thing values (?, ?, ?, ?, ?)", 1, std::numeric_limits<std::int64_t>::min(), 0.1, emoji,
          BlobView{zeros});
  const auto [whole, broken, word, bytes] = db.query_one<std::int64_t, double, std::string, Blob>(
      "select whole, broken, word, bytes from thing where id = ?", 1);
  EXPECT_EQ(whole, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(broken, 0.1);
  EXPECT_EQ(word, emoji);
  EXPECT_EQ(bytes.bytes, zeros);
}

TEST_F(Contract, EveryKindOfArgument) {
  const std::vector<std::byte> bytes{std::byte{0}, std::byte{255}};
  enum class Colour : std::uint8_t { red = 1, green = 200 };
  const char* const none = nullptr;
  db.exec("insert into thing values (?, ?, ?, ?, ?)", 1, true, 2.5F, std::string_view("view"), bytes);
  db.exec("insert into thing values (?, ?, ?, ?, ?)", 2U, Colour::green, 3, std::optional<std::string>("some"),
          std::span<const std::byte>(bytes));
  db.exec("insert into thing values (?, ?, ?, ?, ?)", std::int8_t{3}, nullptr, std::nullopt,
          std::optional<std::string>(), Blob{""});
  db.exec("insert into thing values (?, ?, ?, ?, ?)", std::uint64_t{4}, nullptr, nullptr, none, nullptr);
  EXPECT_TRUE(db.query_one<bool>("select whole from thing where id = 1"));
  EXPECT_EQ(db.query_one<float>("select broken from thing where id = 1"), 2.5F);
  EXPECT_EQ(db.query_one<std::vector<std::byte>>("select bytes from thing where id = 1"), bytes);
  EXPECT_EQ(db.query_one<Colour>("select whole from thing where id = 2"), Colour::green);
  EXPECT_EQ(db.query_one<double>("select broken from thing where id = 2"), 3.0);
  EXPECT_EQ(db.query_one<std::optional<std::string>>("select word from thing where id = 2"), "some");
  EXPECT_EQ(db.query_one<std::optional<std::int64_t>>("select whole from thing where id = 3"), std::nullopt);
  EXPECT_EQ(db.query_one<Blob>("select bytes from thing where id = 3").bytes, "");
  EXPECT_EQ(db.query_one<std::optional<Blob>>("select bytes from thing where id = 4"), std::nullopt);
  EXPECT_EQ(db.query_one<std::string>("select ?", std::string_view()), "");
}

TEST_F(Contract, QueryKeepsItsOwnCopyOfTheArguments) {
  auto word = std::make_unique<std::string>("a text long enough to live on the heap, freed before the first row");
  auto rows = db.query<std::string>("select ?", *word);
  word.reset();
  EXPECT_THAT(rows.all(), ElementsAre("a text long enough to live on the heap, freed before the first row"));
}

TEST_F(Contract, ValuesOfAnyKind) {
  std::vector<std::string> seen;
  for (auto [a, b, c, d, e] : db.query<Value, Value, Value, Value, Value>("select null, 42, 1.5, 'text', x'00ff'")) {
    for (const Value& value : {a, b, c, d, e}) {
      EXPECT_EQ(db.query_one<Value>("select ?", value), value);
      seen.push_back(to_string(value));
    }
  }
  EXPECT_THAT(seen, ElementsAre("NULL", "42", "1.500000", "text", "x'00ff'"));
}

TEST_F(Contract, HostileTextIsOnlyText) {
  const std::string hostile = "'); drop table user; -- \" ? :name";
  db.exec("insert into user values (?, ?)", hostile, hostile);
  EXPECT_EQ(db.query_one<std::string>("select name from user where id = ?", hostile), hostile);
}

TEST_F(Contract, WrongTypesAreErrorsThatNameThePlace) {
  db.exec("insert into thing values (1, 1, 1.5, 'one', x'00')");
  db.exec("insert into thing values (2, 300, null, '2', null)");
  std::string what;
  EXPECT_EQ(kind_thrown([&] { db.query_one<int>("select word from thing where id = 2"); }, &what), ErrorKind::type);
  EXPECT_THAT(what, HasSubstr("column word"));
  EXPECT_THAT(what, HasSubstr("select word from thing"));
  EXPECT_EQ(kind_thrown([&] { (void)db.query<int>("select broken from thing order by id desc").all(); }, &what),
            ErrorKind::type);
  EXPECT_THAT(what, HasSubstr("of row 1 is NULL"));
  EXPECT_EQ(kind_thrown([&] { (void)db.query<std::int8_t>("select whole from thing order by id").all(); }, &what),
            ErrorKind::type);
  EXPECT_THAT(what, HasSubstr("of row 2 is the integer 300"));
  EXPECT_EQ(kind_thrown([&] { db.query_one<std::uint8_t>("select -1"); }), ErrorKind::type);
  EXPECT_EQ(kind_thrown([&] { db.query_one<bool>("select 2"); }), ErrorKind::type);
  EXPECT_EQ(kind_thrown([&] { db.query_one<std::int64_t>("select 1.0"); }), ErrorKind::type);
  EXPECT_EQ(kind_thrown([&] { db.query_one<double>("select '1.0'"); }), ErrorKind::type);
  EXPECT_EQ(kind_thrown([&] { db.query_one<std::string>("select x'41'"); }), ErrorKind::type);
  EXPECT_EQ(kind_thrown([&] { db.query_one<Blob>("select 'A'"); }), ErrorKind::type);
  EXPECT_EQ(kind_thrown([&] { db.query_one<std::string>("select null"); }), ErrorKind::type);
  EXPECT_EQ(kind_thrown([&] { db.exec("select ?", std::numeric_limits<std::uint64_t>::max()); }), ErrorKind::type);
  EXPECT_EQ(db.query_one<int>("select 7"), 7) << "the connection goes on";
}

TEST_F(Contract, NumbersOfParametersColumnsAndRows) {
  std::string what;
  EXPECT_EQ(kind_thrown([&] { db.exec("insert into user values (?, ?)", 1); }, &what), ErrorKind::usage);
  EXPECT_THAT(what, HasSubstr("2 parameters, given was 1"));
  EXPECT_EQ(kind_thrown([&] { db.exec("select 1", 1, 2); }), ErrorKind::usage);
  EXPECT_EQ(kind_thrown([&] { db.query<int>("select 1, 2"); }, &what), ErrorKind::usage);
  EXPECT_THAT(what, HasSubstr("2 columns, asked for was 1"));
  EXPECT_EQ(kind_thrown([&] { db.query_one<int>("select id from thing"); }), ErrorKind::no_row);
  EXPECT_EQ(db.query_optional<int>("select id from thing"), std::nullopt);
  EXPECT_EQ(kind_thrown([&] { db.query_one<int>("select 1 union select 2"); }), ErrorKind::too_many_rows);
  EXPECT_EQ(kind_thrown([&] { db.query_optional<int>("select 1 union select 2"); }), ErrorKind::too_many_rows);
  EXPECT_EQ((db.query_optional<int, std::string>("select 1, 'x'")), std::make_tuple(1, std::string("x")));
}

TEST_F(Contract, BadStatements) {
  EXPECT_EQ(kind_thrown([&] { db.exec("selec 1"); }), ErrorKind::syntax);
  EXPECT_EQ(kind_thrown([&] { db.exec("select * from nowhere"); }), ErrorKind::syntax);
  EXPECT_EQ(kind_thrown([&] { db.exec(""); }), ErrorKind::usage);
  EXPECT_EQ(kind_thrown([&] { db.exec("-- nothing"); }), ErrorKind::usage);
  EXPECT_EQ(kind_thrown([&] { db.exec("select 1; select 2"); }), ErrorKind::usage);
  db.exec("select 1; ");
  EXPECT_EQ(kind_thrown([&] { db.exec("select \"no column\""); }), ErrorKind::syntax);
}

TEST_F(Contract, ConstraintsAreToldApart) {
  db.exec_script(
      "create table parent (id integer primary key); pragma foreign_keys = on;"
      "create table child (parent integer references parent(id), age integer check (age > 0));");
  db.exec("insert into user values ('1', 'a')");
  try {
    db.exec("insert into user values (?, ?)", "1", "b");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::unique);
    EXPECT_EQ(error.code(), "sql.unique");
    EXPECT_EQ(error.sqlstate(), "23505");
    EXPECT_EQ(error.engine_code(), 19);
    EXPECT_EQ(error.extended_code(), 1555);
    EXPECT_EQ(error.statement(), "insert into user values (?, ?)");
    EXPECT_FALSE(error.retryable());
    EXPECT_TRUE(error.connection_usable());
    EXPECT_THAT(error.what(), HasSubstr("UNIQUE constraint failed: user.id"));
  }
  EXPECT_EQ(kind_thrown([&] { db.exec("insert into user values ('2', null)"); }), ErrorKind::not_null);
  EXPECT_EQ(kind_thrown([&] { db.exec("insert into child values (7, 1)"); }), ErrorKind::foreign_key);
  EXPECT_EQ(kind_thrown([&] { db.exec("insert into child values (null, 0)"); }), ErrorKind::check);
}

TEST_F(Contract, CountsAndIds) {
  EXPECT_EQ(db.exec("insert into thing (word) values ('a'), ('b'), ('c')"), 3);
  EXPECT_EQ(db.last_insert_id(), 3);
  EXPECT_EQ(db.exec("update thing set word = 'd' where id > 1"), 2);
  EXPECT_EQ(db.changes(), 2);
  EXPECT_EQ(db.exec("create table other (id integer)"), 0);
  EXPECT_EQ(db.exec("select 1"), 0);
  EXPECT_EQ(db.exec("delete from thing where id = 99"), 0);
}

TEST_F(Contract, TransactionsUndoWhatIsNotCommitted) {
  {
    Transaction transaction(db);
    db.exec("insert into user values ('1', 'a')");
    EXPECT_TRUE(db.in_transaction());
    EXPECT_EQ(kind_thrown([&] { Transaction again(db); }), ErrorKind::usage);
  }
  EXPECT_FALSE(db.in_transaction());
  EXPECT_EQ(db.query_one<int>("select count(*) from user"), 0);
  {
    Transaction transaction(db, TransactionMode::immediate);
    db.exec("insert into user values ('1', 'a')");
    transaction.commit();
  }
  EXPECT_EQ(db.query_one<int>("select count(*) from user"), 1);
}

TEST_F(Contract, SavepointsNest) {
  EXPECT_EQ(kind_thrown([&] { Savepoint lonely(db); }), ErrorKind::usage);
  Transaction transaction(db);
  {
    Savepoint outer(db);
    db.exec("insert into user values ('1', 'a')");
    {
      Savepoint inner(db);
      db.exec("insert into user values ('2', 'b')");
    }
    {
      Savepoint inner(db);
      db.exec("insert into user values ('3', 'c')");
      inner.commit();
    }
    outer.commit();
  }
  try {
    Savepoint failing(db);
    db.exec("insert into user values ('4', 'd')");
    db.exec("insert into user values ('1', 'again')");
    failing.commit();
  } catch (const Error&) {
  }
  transaction.commit();
  EXPECT_THAT(db.query<std::string>("select id from user order by id").all(), ElementsAre("1", "3"));
}

TEST_F(Contract, StatementsAreReusedAndTheLeastRecentlyUsedGoes) {
  ConnectOptions options;
  options.statement_cache = 2;
  Connection small = connect("sqlite://:memory:", options);
  small.query_one<int>("select 1");
  small.query_one<int>("select 2");
  EXPECT_EQ(small.cached_statements(), 2U);
  small.query_one<int>("select 1");
  small.query_one<int>("select 3");
  EXPECT_EQ(small.cached_statements(), 2U);
  options.statement_cache = 0;
  Connection none = connect("sqlite://:memory:", options);
  EXPECT_EQ(none.query_one<int>("select 1"), 1);
  EXPECT_EQ(none.cached_statements(), 0U);
}

TEST_F(Contract, OneStatementMayRunInsideItself) {
  db.exec("insert into thing (id) values (1), (2)");
  std::vector<int> seen;
  for (auto [outer] : db.query<int>("select id from thing order by id"))
    for (auto [inner] : db.query<int>("select id from thing order by id")) seen.push_back(outer * 10 + inner);
  EXPECT_THAT(seen, ElementsAre(11, 12, 21, 22));
}

TEST_F(Contract, RowsLeftEarlyAndViews) {
  db.exec("insert into thing (id, word, bytes) values (1, 'one', x'01'), (2, 'two', x'02')");
  for (auto [word, bytes] : db.query<std::string_view, BlobView>("select word, bytes from thing order by id")) {
    EXPECT_EQ(word, "one");
    EXPECT_EQ(bytes.bytes, "\x01");
    break;
  }
  db.exec("drop table thing");  // not locked by a forgotten statement
}

TEST_F(Contract, PreparedStatements) {
  Statement insert = db.prepare("insert into thing (id, word) values (?, ?)");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(insert.exec(i, std::to_string(i)), 1);
  Statement find = db.prepare("select word from thing where id = ?");
  EXPECT_EQ(find.query_optional<std::string>(42), "42");
  EXPECT_EQ(find.query_optional<std::string>(100), std::nullopt);
  int rows = 0;
  for (auto [word] : find.query<std::string>(7)) rows += word == "7" ? 1 : 100;
  EXPECT_EQ(rows, 1);
}

TEST_F(Contract, Scripts) {
  db.exec_script(
      "create table a (x integer); -- one\n insert into a values (1); /* two */ insert into a values (2);\n--end");
  EXPECT_EQ(db.query_one<int>("select sum(x) from a"), 3);
  EXPECT_EQ(kind_thrown([&] { db.exec_script("insert into a values (3); insert into b values (1)"); }),
            ErrorKind::syntax);
  EXPECT_EQ(db.query_one<int>("select sum(x) from a"), 6);
}

TEST_F(Contract, TheTraceSeesEveryStatement) {
  std::vector<std::string> seen;
  db.set_trace([&](const TraceEvent& event) {
    seen.push_back(std::string(event.statement) + (event.failed ? " failed" : " ") + std::to_string(event.rows));
    EXPECT_GE(event.elapsed.count(), 0);
  });
  db.query_one<int>("select 1");
  db.exec("insert into user values ('1', 'a')");
  EXPECT_THROW(db.exec("insert into user values ('1', 'a')"), Error);
  db.set_trace({});
  db.query_one<int>("select 2");
  EXPECT_THAT(seen, ElementsAre("select 1 1", "insert into user values ('1', 'a') 0",
                                "insert into user values ('1', 'a') failed0"));
}

}  // namespace

struct Celsius {
  double degrees;
};

template <>
struct Type<Celsius> {
  static void bind(Parameter parameter, const Celsius& value) { parameter.real(value.degrees + 273.15); }
  static Celsius get(const Column& column) { return {column.real() - 273.15}; }
};

namespace {

TEST_F(Contract, TypesOfOnesOwn) {
  EXPECT_DOUBLE_EQ(db.query_one<double>("select ?", Celsius{20}), 293.15);
  EXPECT_DOUBLE_EQ(db.query_one<Celsius>("select 293.15").degrees, 20);
  EXPECT_FALSE(db.query_one<std::optional<Celsius>>("select null").has_value());
}

TEST(Sqlite, Urls) {
  TemporaryFolder folder;
  EXPECT_EQ(sqlite_url("a%b?c.db"), "sqlite:///a%25b%3Fc.db");
  for (const std::string name : {"plain.db", "with space.db", "100%?.db", "驿站.db"}) {
    { connect(sqlite_url(folder.file(name))).exec("create table t (x integer)"); }
    EXPECT_TRUE(std::filesystem::exists(folder.file(name))) << name;
  }
  for (const char* url : {"", "file.db", "sqlite:/x", "sqlite://x.db", "sqlite:///", "sqlite:///%4", "sqlite:///a%zz",
                          "sqlite:///a%00b", "nosuch://x"})
    EXPECT_EQ(kind_thrown([&] { connect(url); }), ErrorKind::usage) << url;
}

TEST(Sqlite, OpenFailures) {
  TemporaryFolder folder;
  std::string what;
  EXPECT_EQ(kind_thrown([&] { connect(sqlite_url(folder.file("no/such/file.db"))); }, &what), ErrorKind::connection);
  EXPECT_THAT(what, HasSubstr("no/such/file.db"));
  ConnectOptions options;
  options.create = false;
  EXPECT_EQ(kind_thrown([&] { connect(sqlite_url(folder.file("absent.db")), options); }), ErrorKind::connection);
  options.create = true;
  { connect(sqlite_url(folder.file("real.db"))).exec("create table t (x integer)"); }
  options.read_only = true;
  Connection reader = connect(sqlite_url(folder.file("real.db")), options);
  EXPECT_EQ(kind_thrown([&] { reader.exec("insert into t values (1)"); }), ErrorKind::read_only);
}

TEST(Sqlite, AFileThatIsNoDatabase) {
  TemporaryFolder folder;
  FILE* const file = std::fopen(folder.file("text.db").c_str(), "w");
  for (int i = 0; i < 1000; ++i) std::fputs("this is not a database\n", file);
  std::fclose(file);
  Connection db = connect(sqlite_url(folder.file("text.db")));
  EXPECT_EQ(kind_thrown([&] { db.exec("select * from sqlite_master"); }), ErrorKind::not_a_database);
}

TEST(Sqlite, ALockedDatabaseIsRetryable) {
  TemporaryFolder folder;
  ConnectOptions options;
  options.busy_timeout = std::chrono::milliseconds(0);
  Connection one = connect(sqlite_url(folder.file("a.db")), options);
  Connection two = connect(sqlite_url(folder.file("a.db")), options);
  one.exec("create table t (x integer)");
  Transaction transaction(one, TransactionMode::immediate);
  try {
    Transaction other(two, TransactionMode::immediate);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::busy);
    EXPECT_TRUE(error.retryable());
    EXPECT_TRUE(error.connection_usable());
    EXPECT_EQ(error.sqlstate(), "40001");
  }
  transaction.rollback();
  Transaction other(two, TransactionMode::immediate);
  two.exec("insert into t values (1)");
  other.commit();
  EXPECT_EQ(one.query_one<int>("select count(*) from t"), 1);
}

TEST(Sqlite, AFullDatabaseEndsTheTransactionAndIsUsableAfterwards) {
  TemporaryFolder folder;
  Connection db = connect(sqlite_url(folder.file("a.db")));
  db.exec("create table t (x blob)");
  db.exec("pragma max_page_count = 10");
  {
    Transaction transaction(db, TransactionMode::immediate);
    Savepoint savepoint(db);
    EXPECT_EQ(kind_thrown([&] { db.exec("insert into t values (zeroblob(1000000))"); }), ErrorKind::full);
  }
  EXPECT_FALSE(db.in_transaction());
  db.exec("insert into t values (x'00')");
  EXPECT_EQ(db.query_one<int>("select count(*) from t"), 1);
}

TEST(Sqlite, AChangedTableIsNoticed) {
  TemporaryFolder folder;
  Connection one = connect(sqlite_url(folder.file("a.db")));
  Connection two = connect(sqlite_url(folder.file("a.db")));
  one.exec("create table t (x integer)");
  one.exec("insert into t values (1)");
  EXPECT_EQ(two.query_one<int>("select * from t"), 1);
  one.exec("alter table t add column y integer");
  EXPECT_EQ(kind_thrown([&] { two.query_one<int>("select * from t"); }), ErrorKind::usage);
  EXPECT_EQ((two.query_one<int, std::optional<int>>("select * from t")), std::make_tuple(1, std::optional<int>()));
}

TEST(Sqlite, ConnectionsMove) {
  Connection a = connect("sqlite://:memory:");
  a.exec("create table t (x integer)");
  Connection b = std::move(a);
  Transaction transaction(b);
  b.exec("insert into t values (1)");
  transaction.commit();
  b = connect("sqlite://:memory:");
  EXPECT_EQ(kind_thrown([&] { b.exec("select * from t"); }), ErrorKind::syntax);
}

}  // namespace
}  // namespace posthouse::sql
