// What every engine has to do alike, run on each.
#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/sql/contract_testing.h"
#include "posthouse/sql/sql.h"
#include "posthouse/sql/testing.h"

namespace posthouse::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

INSTANTIATE_TEST_SUITE_P(, Contract, testing::ValuesIn(engines()), engine_name);

TEST_P(Contract, TheTutorialsProgram) {
  EXPECT_EQ(db().exec("insert into user (id, name) values (?, ?)", "1", "Michael"), 1);
  int rows = 0;
  for (auto [id, name] : db().query<std::string, std::string>("select id, name from user where id = ?", "1")) {
    EXPECT_EQ(id, "1");
    EXPECT_EQ(name, "Michael");
    ++rows;
  }
  EXPECT_EQ(rows, 1);
}

TEST_P(Contract, ValuesComeBackAsTheyWere) {
  const std::string zeros("\0\x01\0", 3);
  const std::string emoji = "驿站 📯";
  db().exec("insert into thing values (?, ?, ?, ?, ?)", 1, std::numeric_limits<std::int64_t>::min(), 0.1, emoji,
            BlobView{zeros});
  const auto [whole, broken, word, bytes] = db().query_one<std::int64_t, double, std::string, Blob>(
      "select whole, broken, word, bytes from thing where id = ?", 1);
  EXPECT_EQ(whole, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(broken, 0.1);
  EXPECT_EQ(word, emoji);
  EXPECT_EQ(bytes.bytes, zeros);
}

TEST_P(Contract, EveryKindOfArgument) {
  const std::vector<std::byte> bytes{std::byte{0}, std::byte{255}};
  enum class Colour : std::uint8_t { red = 1, green = 200 };
  const char* const none = nullptr;
  db().exec("insert into thing values (?, ?, ?, ?, ?)", 1, true, 2.5F, std::string_view("view"), bytes);
  db().exec("insert into thing values (?, ?, ?, ?, ?)", 2U, Colour::green, 3, std::optional<std::string>("some"),
            std::span<const std::byte>(bytes));
  db().exec("insert into thing values (?, ?, ?, ?, ?)", std::int8_t{3}, nullptr, std::nullopt,
            std::optional<std::string>(), Blob{""});
  db().exec("insert into thing values (?, ?, ?, ?, ?)", std::uint64_t{4}, nullptr, nullptr, none, nullptr);
  EXPECT_TRUE(db().query_one<bool>("select whole from thing where id = 1"));
  EXPECT_EQ(db().query_one<float>("select broken from thing where id = 1"), 2.5F);
  EXPECT_EQ(db().query_one<std::vector<std::byte>>("select bytes from thing where id = 1"), bytes);
  EXPECT_EQ(db().query_one<Colour>("select whole from thing where id = 2"), Colour::green);
  EXPECT_EQ(db().query_one<double>("select broken from thing where id = 2"), 3.0);
  EXPECT_EQ(db().query_one<std::optional<std::string>>("select word from thing where id = 2"), "some");
  EXPECT_EQ(db().query_one<std::optional<std::int64_t>>("select whole from thing where id = 3"), std::nullopt);
  EXPECT_EQ(db().query_one<Blob>("select bytes from thing where id = 3").bytes, "");
  EXPECT_EQ(db().query_one<std::optional<Blob>>("select bytes from thing where id = 4"), std::nullopt);
  EXPECT_EQ(db().query_one<std::string>("select ?", std::string_view()), "");
}

TEST_P(Contract, QueryKeepsItsOwnCopyOfTheArguments) {
  auto word = std::make_unique<std::string>("a text long enough to live on the heap, freed before the first row");
  auto rows = db().query<std::string>("select ?", *word);
  word.reset();
  EXPECT_THAT(rows.all(), ElementsAre("a text long enough to live on the heap, freed before the first row"));
}

TEST_P(Contract, ValuesOfAnyKind) {
  std::vector<std::string> seen;
  for (auto [a, b, c, d, e] :
       db().query<Value, Value, Value, Value, Value>("select null, 42, 1.5e0, 'text', x'00ff'")) {
    for (const Value& value : {a, b, c, d, e}) {
      EXPECT_EQ(db().query_one<Value>("select ?", value), value);
      seen.push_back(to_string(value));
    }
  }
  EXPECT_THAT(seen, ElementsAre("NULL", "42", "1.500000", "text", "x'00ff'"));
}

TEST_P(Contract, HostileTextIsOnlyText) {
  const std::string hostile = "'); drop table user; -- \" ? :name";
  db().exec("insert into user values (?, ?)", hostile, hostile);
  EXPECT_EQ(db().query_one<std::string>("select name from user where id = ?", hostile), hostile);
}

TEST_P(Contract, WrongTypesAreErrorsThatNameThePlace) {
  db().exec("insert into thing values (1, 1, 1.5, 'one', x'00')");
  db().exec("insert into thing values (2, 300, null, '2', null)");
  std::string what;
  EXPECT_EQ(errc_thrown([&] { db().query_one<int>("select word from thing where id = 2"); }, &what), Errc::type);
  EXPECT_THAT(what, HasSubstr("column word"));
  EXPECT_THAT(what, HasSubstr("select word from thing"));
  EXPECT_EQ(errc_thrown([&] { (void)db().query<int>("select broken from thing order by id desc").all(); }, &what),
            Errc::type);
  EXPECT_THAT(what, HasSubstr("of row 1 is NULL"));
  EXPECT_EQ(errc_thrown([&] { (void)db().query<std::int8_t>("select whole from thing order by id").all(); }, &what),
            Errc::type);
  EXPECT_THAT(what, HasSubstr("of row 2 is the integer 300"));
  EXPECT_EQ(errc_thrown([&] { db().query_one<std::uint8_t>("select -1"); }), Errc::type);
  EXPECT_EQ(errc_thrown([&] { db().query_one<bool>("select 2"); }), Errc::type);
  EXPECT_EQ(errc_thrown([&] { db().query_one<std::int64_t>("select 1.0"); }), Errc::type);
  EXPECT_EQ(errc_thrown([&] { db().query_one<double>("select '1.0'"); }), Errc::type);
  EXPECT_EQ(errc_thrown([&] { db().query_one<std::string>("select x'41'"); }), Errc::type);
  EXPECT_EQ(errc_thrown([&] { db().query_one<Blob>("select 'A'"); }), Errc::type);
  EXPECT_EQ(errc_thrown([&] { db().query_one<std::string>("select null"); }), Errc::type);
  EXPECT_EQ(errc_thrown([&] { db().query_one<std::uint64_t>("select -1"); }), Errc::type);
  EXPECT_EQ(db().query_one<int>("select 7"), 7) << "the connection goes on";
}

TEST_P(Contract, UnsignedIntegersFrom2To63On) {
  const std::vector<std::uint64_t> large{(std::uint64_t{1} << 63U) - 1, std::uint64_t{1} << 63U,
                                         std::numeric_limits<std::uint64_t>::max()};
  db().exec("create table large (id integer primary key, n bigint" + std::string(is_sqlite() ? "" : " unsigned") + ")");
  db().exec("insert into large values (0, ?)", large[0]);
  EXPECT_EQ(db().query_one<std::uint64_t>("select n from large where n = ?", large[0]), large[0]);
  if (is_sqlite()) {
    std::string what;
    EXPECT_EQ(errc_thrown([&] { db().exec("insert into large values (1, ?)", large[1]); }, &what), Errc::type);
    EXPECT_THAT(what, HasSubstr("parameter 1 is larger than a 64-bit signed integer"));
    return;
  }
  db().exec("insert into large values (1, ?)", large[1]);
  db().exec_many("insert into large values (?, ?)", std::vector<std::tuple<int, std::uint64_t>>{{2, large[2]}, {3, 7}});
  EXPECT_THAT(db().query<std::uint64_t>("select n from large order by id").all(),
              ElementsAre(large[0], large[1], large[2], 7U));
  EXPECT_EQ(db().query_one<int>("select id from large where n = ?", large[2]), 2);
  EXPECT_EQ(db().query("select n from large where id = 2").all().at(0).get<std::uint64_t>("N"), large[2]);
  EXPECT_EQ(errc_thrown([&] { db().query_one<std::int64_t>("select n from large where id = 1"); }), Errc::type);
  Statement one_statement = db().prepare("select ?");
  for (const std::uint64_t value : {std::uint64_t{1}, large[1], std::uint64_t{2}}) {
    EXPECT_EQ(one_statement.query_one<std::uint64_t>(value), value) << "on one statement";
  }
}

TEST_P(Contract, WhatIsNoNumberIsRefused) {
  std::string what;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(errc_thrown([&] { db().exec("insert into thing (id, broken) values (1, ?)", nan); }, &what), Errc::type);
  EXPECT_THAT(what, HasSubstr("NaN"));
  EXPECT_EQ(errc_thrown([&] { db().exec("insert into thing (broken) values (?)", std::optional<float>(nan)); }),
            Errc::type);
  EXPECT_EQ(
      errc_thrown([&] { db().exec_many("insert into thing (broken) values (?)", std::vector<double>{1.5, nan}); }),
      Errc::type);
  EXPECT_EQ(db().query_one<int>("select count(*) from thing"), 0);
}

TEST_P(Contract, ListsOfValues) {
  for (int id = 1; id <= 9; ++id) {
    db().exec("insert into thing (id, word) values (?, ?)", id, "w" + std::to_string(id));
  }
  const auto found = [&](const std::vector<int>& ids) {
    return db().query<int>("select id from thing where id in (?) and id > ? order by id", list(ids), 1).all();
  };
  EXPECT_THAT(found({}), ElementsAre());
  EXPECT_THAT(found({3}), ElementsAre(3));
  EXPECT_THAT(found({1, 4, 2, 77, 9}), ElementsAre(2, 4, 9));
  EXPECT_EQ(db().query_one<int>("select count(*) from thing where id not in (?)", list(std::vector<int>{})), 9);
  const std::set<std::string> words{"w1", "w5", "it's '?'"};
  EXPECT_EQ(db().query_one<int>("select count(*) from thing where '?' = ? and word in (?) -- ?", "?", list(words)), 2);
  EXPECT_EQ(db().exec("delete from thing where id in (?)", list(std::array{1, 2, 3})), 3);
  std::vector<int> many(2000);
  std::iota(many.begin(), many.end(), 1);
  EXPECT_EQ(db().query_one<int>("select count(*) from thing where id in (?)", list(many)), 6);
  auto cursor = db().cursor();
  EXPECT_EQ(cursor.execute("select id from thing where id in (?)", list(many)).fetchall().size(), 6U);
  EXPECT_EQ(errc_thrown([&] { db().exec("delete from thing where id in (?)", list(many), 1); }), Errc::usage);
}

TEST_P(Contract, NamesAndPatternsInTheText) {
  const std::string name = "a \"b\" ; -- ?";
  db().exec("create table " + sql::quoted(name) + " (" + sql::quoted("from") + " varchar(40))");
  for (const char* word : {"100%", "100x", "a_b", "acb", "back\\slash", "backslash"}) {
    db().exec("insert into " + sql::quoted(name) + " values (?)", word);
  }
  const auto found = [&](const std::string& text) {
    return db()
        .query<std::string>(
            "select " + sql::quoted("from") + " from " + sql::quoted(name) + R"( where "from" like ? escape '\')",
            like_text(text))
        .all();
  };
  EXPECT_THAT(found("100%"), ElementsAre("100%"));
  EXPECT_THAT(found("a_b"), ElementsAre("a_b"));
  EXPECT_THAT(found("back\\slash"), ElementsAre("back\\slash"));
}

TEST_P(Contract, CommentsBehindTheStatement) {
  EXPECT_EQ(db().query_one<int>("select 1; -- the answer"), 1);
  EXPECT_EQ(db().query_one<int>("select 2; /* ; */ -- x\n;"), 2);
  EXPECT_EQ(db().query_one<int>("select 3 -- ; select 4"), 3);
}

TEST_P(Contract, NamesOfColumnsWhateverTheirCase) {
  const Row row = db().query("select 1 as Id, 2 as id, 3 as word").all().at(0);
  EXPECT_EQ(row.get<int>("Id"), 1);
  EXPECT_EQ(row.get<int>("id"), 2) << "as it is spelled, where it is there so";
  EXPECT_EQ(row.get<int>("ID"), 1);
  EXPECT_EQ(row.get<int>("WORD"), 3);
  EXPECT_EQ(errc_thrown([&] { (void)row["words"]; }), Errc::usage);
}

TEST_P(Contract, ForeignKeysHoldUnasked) {
  db().exec("create table parent (id integer primary key)");
  db().exec("create table child (parent integer, foreign key (parent) references parent (id))");
  EXPECT_EQ(errc_thrown([&] { db().exec("insert into child values (77)"); }), Errc::foreign_key);
}

TEST_P(Contract, SchemaChangesAndTransactions) {
  db().begin();
  db().exec("insert into user values ('1', 'a')");
  db().exec("create table made (x integer)");
  EXPECT_EQ(db().in_transaction(), is_sqlite()) << "MariaDB has committed it";
  db().rollback();
  EXPECT_EQ(db().query_one<int>("select count(*) from user"), is_sqlite() ? 0 : 1);
}

TEST_P(Contract, NumbersOfParametersColumnsAndRows) {
  std::string what;
  EXPECT_EQ(errc_thrown([&] { db().exec("insert into user values (?, ?)", 1); }, &what), Errc::usage);
  EXPECT_THAT(what, HasSubstr("2 parameters, given was 1"));
  EXPECT_EQ(errc_thrown([&] { db().exec("select 1", 1, 2); }), Errc::usage);
  EXPECT_EQ(errc_thrown([&] { db().query<int>("select 1, 2"); }, &what), Errc::usage);
  EXPECT_THAT(what, HasSubstr("2 columns, asked for was 1"));
  EXPECT_EQ(errc_thrown([&] { db().query_one<int>("select id from thing"); }), Errc::no_row);
  EXPECT_EQ(db().query_optional<int>("select id from thing"), std::nullopt);
  EXPECT_EQ(errc_thrown([&] { db().query_one<int>("select 1 union select 2"); }), Errc::too_many_rows);
  EXPECT_EQ(errc_thrown([&] { db().query_optional<int>("select 1 union select 2"); }), Errc::too_many_rows);
  EXPECT_EQ((db().query_optional<int, std::string>("select 1, 'x'")), std::make_tuple(1, std::string("x")));
}

TEST_P(Contract, BadStatements) {
  EXPECT_EQ(errc_thrown([&] { db().exec("selec 1"); }), Errc::syntax);
  EXPECT_EQ(errc_thrown([&] { db().exec("select * from nowhere"); }), Errc::syntax);
  EXPECT_EQ(errc_thrown([&] { db().exec(""); }), Errc::usage);
  const std::string nothing = is_sqlite() ? "-- nothing" : " ;";  // a comment is a statement to MariaDB
  EXPECT_EQ(errc_thrown([&] { db().exec(nothing); }), Errc::usage);
  EXPECT_EQ(errc_thrown([&] { db().exec("select 1; select 2"); }), is_sqlite() ? Errc::usage : Errc::syntax);
  db().exec("select 1; ");
  EXPECT_EQ(errc_thrown([&] { db().exec("select \"no column\""); }), Errc::syntax);
}

TEST_P(Contract, ConstraintsAreToldApart) {
  db().exec_script(
      "create table parent (id integer primary key);"
      "create table child (parent integer references parent(id), age integer check (age > 0));");
  db().exec("insert into user values ('1', 'a')");
  try {
    db().exec("insert into user values (?, ?)", "1", "b");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::unique);
    EXPECT_EQ(error.code(), "sql.unique");
    EXPECT_EQ(error.sqlstate(), "23505");
    EXPECT_EQ(error.engine_code(), is_sqlite() ? 19 : 1062);
    EXPECT_EQ(error.extended_code(), is_sqlite() ? 1555 : 1062);
    EXPECT_EQ(error.statement(), "insert into user values (?, ?)");
    EXPECT_FALSE(error.retryable());
    EXPECT_TRUE(error.connection_usable());
    EXPECT_THAT(error.what(), HasSubstr(is_sqlite() ? "UNIQUE constraint failed: user.id" : "Duplicate entry '1'"));
  }
  EXPECT_EQ(errc_thrown([&] { db().exec("insert into user values ('2', null)"); }), Errc::not_null);
  EXPECT_EQ(errc_thrown([&] { db().exec("insert into child values (7, 1)"); }), Errc::foreign_key);
  EXPECT_EQ(errc_thrown([&] { db().exec("insert into child values (null, 0)"); }), Errc::check);
}

TEST_P(Contract, CountsAndIds) {
  EXPECT_EQ(db().exec("insert into thing (word) values ('a'), ('b'), ('c')"), 3);
  EXPECT_EQ(db().last_insert_id(), is_sqlite() ? 3 : 1) << "of several rows SQLite names the last, MariaDB the first";
  EXPECT_EQ(db().exec("update thing set word = 'd' where id > 1"), 2);
  EXPECT_EQ(db().changes(), 2);
  EXPECT_EQ(db().exec("create table other (id integer)"), 0);
  EXPECT_EQ(db().exec("select 1"), 0);
  EXPECT_EQ(db().exec("delete from thing where id = 99"), 0);
}

TEST_P(Contract, TransactionsUndoWhatIsNotCommitted) {
  {
    Transaction transaction(db());
    db().exec("insert into user values ('1', 'a')");
    EXPECT_TRUE(db().in_transaction());
    EXPECT_EQ(errc_thrown([&] { Transaction again(db()); }), Errc::usage);
  }
  EXPECT_FALSE(db().in_transaction());
  EXPECT_EQ(db().query_one<int>("select count(*) from user"), 0);
  {
    Transaction transaction(db(), TransactionMode::immediate);
    db().exec("insert into user values ('1', 'a')");
    transaction.commit();
  }
  EXPECT_EQ(db().query_one<int>("select count(*) from user"), 1);
}

TEST_P(Contract, SavepointsNest) {
  EXPECT_EQ(errc_thrown([&] { Savepoint lonely(db()); }), Errc::usage);
  Transaction transaction(db());
  {
    Savepoint outer(db());
    db().exec("insert into user values ('1', 'a')");
    {
      Savepoint inner(db());
      db().exec("insert into user values ('2', 'b')");
    }
    {
      Savepoint inner(db());
      db().exec("insert into user values ('3', 'c')");
      inner.commit();
    }
    outer.commit();
  }
  try {
    Savepoint failing(db());
    db().exec("insert into user values ('4', 'd')");
    db().exec("insert into user values ('1', 'again')");
    failing.commit();
  } catch (const Error&) {
  }
  transaction.commit();
  EXPECT_THAT(db().query<std::string>("select id from user order by id").all(), ElementsAre("1", "3"));
}

TEST_P(Contract, StatementsAreReusedAndTheLeastRecentlyUsedGoes) {
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

TEST_P(Contract, OneStatementMayRunInsideItself) {
  db().exec("insert into thing (id) values (1), (2)");
  std::vector<int> seen;
  for (auto [outer] : db().query<int>("select id from thing order by id")) {
    for (auto [inner] : db().query<int>("select id from thing order by id")) {
      seen.push_back(outer * 10 + inner);
    }
  }
  EXPECT_THAT(seen, ElementsAre(11, 12, 21, 22));
}

TEST_P(Contract, RowsLeftEarlyAndViews) {
  db().exec("insert into thing (id, word, bytes) values (1, 'one', x'01'), (2, 'two', x'02')");
  for (auto [word, bytes] : db().query<std::string_view, BlobView>("select word, bytes from thing order by id")) {
    EXPECT_EQ(word, "one");
    EXPECT_EQ(bytes.bytes, "\x01");
    break;
  }
  db().exec("drop table thing");  // not locked by a forgotten statement
}

TEST_P(Contract, PreparedStatements) {
  Statement insert = db().prepare("insert into thing (id, word) values (?, ?)");
  for (int i = 1; i <= 100; ++i) {
    EXPECT_EQ(insert.exec(i, std::to_string(i)), 1);
  }
  Statement find = db().prepare("select word from thing where id = ?");
  EXPECT_EQ(find.query_one<std::string>(42), "42");
  EXPECT_EQ(errc_thrown([&] { find.query_one<std::string>(101); }), Errc::no_row);
  EXPECT_EQ(find.query_optional<std::string>(42), "42");
  EXPECT_EQ(find.query_optional<std::string>(101), std::nullopt);
  int rows = 0;
  for (auto [word] : find.query<std::string>(7)) {
    rows += word == "7" ? 1 : 100;
  }
  EXPECT_EQ(rows, 1);
}

TEST_P(Contract, Scripts) {
  db().exec_script(
      "create table a (x integer); -- one\n insert into a values (1); /* two */ insert into a values (2);\n-- end");
  EXPECT_EQ(db().query_one<int>("select sum(x) from a"), 3);
  EXPECT_EQ(errc_thrown([&] { db().exec_script("insert into a values (3); insert into b values (1)"); }), Errc::syntax);
  EXPECT_EQ(db().query_one<int>("select sum(x) from a"), 6);
}

TEST_P(Contract, TheTraceSeesEveryStatement) {
  std::vector<std::string> seen;
  db().set_trace([&](const TraceEvent& event) {
    seen.push_back(std::string(event.statement) + (event.failed ? " failed" : " ") + std::to_string(event.rows));
    EXPECT_GE(event.elapsed.count(), 0);
  });
  db().query_one<int>("select 1");
  db().exec("insert into user values ('1', 'a')");
  EXPECT_THROW(db().exec("insert into user values ('1', 'a')"), Error);
  db().set_trace({});
  db().query_one<int>("select 2");
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

TEST_P(Contract, TypesOfOnesOwn) {
  EXPECT_DOUBLE_EQ(db().query_one<double>("select ?", Celsius{20}), 293.15);
  EXPECT_DOUBLE_EQ(db().query_one<Celsius>("select 293.15").degrees, 20);
  EXPECT_FALSE(db().query_one<std::optional<Celsius>>("select null").has_value());
}

}  // namespace
}  // namespace posthouse::sql
