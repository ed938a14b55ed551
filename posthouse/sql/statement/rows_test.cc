// Named parameters, structs, rows without types, and many runs at once, on every engine.
#include <cstdint>
#include <optional>
#include <ranges>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/sql/contract_testing.h"
#include "posthouse/sql/statement/placeholders.h"
#include "posthouse/sql/testing.h"

namespace posthouse::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct User {
  std::string id{};
  std::string name{};
};

struct Thing {
  int id = 0;
  std::optional<std::int64_t> whole{};
  std::optional<double> broken{};
  std::optional<std::string> word{};
  std::optional<Blob> bytes{};
  bool operator==(const Thing&) const = default;
};

class RowsContract : public Contract {};
INSTANTIATE_TEST_SUITE_P(, RowsContract, testing::ValuesIn(engines()), engine_name);

TEST(Placeholders, AreFoundOutsideOfQuotesAndComments) {
  const auto names = [](std::string_view sql) { return detail::find_placeholders(sql).names; };
  EXPECT_THAT(names("select :a, :b_2 from t where x = :a"), ElementsAre("a", "b_2", "a"));
  EXPECT_EQ(detail::find_placeholders("select :a+:b").sql, "select ?+?");
  const std::string none = "select ':a', \":b\", `:c`, 'it''s :d' -- :e\n /* :f */ , @x := 1, '::' , ?";
  EXPECT_THAT(names(none), IsEmpty());
  EXPECT_EQ(detail::find_placeholders(none).sql, none);
  for (const char* open : {"select ':a", "select \":a", "select `:a", "-- :a", "/* :a", ":", "a:", ": a"}) {
    EXPECT_THAT(names(open), IsEmpty()) << open;
  }
  EXPECT_EQ(errc_thrown([] { detail::find_placeholders("select ?, :a"); }), Errc::usage);
}

TEST_P(RowsContract, NamedParameters) {
  db().exec("insert into user (id, name) values (:id, :name)", named("name", "Ann"), named("id", 7));
  EXPECT_EQ((db().query_one<std::string, std::string>("select id, name from user where id = :id or name = :id",
                                                      named("id", "7"))),
            std::make_tuple(std::string("7"), std::string("Ann")));
  std::string what;
  EXPECT_EQ(errc_thrown([&] { db().exec("delete from user where id = :id", named("di", 1)); }, &what), Errc::usage);
  EXPECT_THAT(what, HasSubstr("no value for the parameter :id"));
  EXPECT_EQ(errc_thrown([&] { db().exec("delete from user where id = :id", named("id", 1), named("x", 1)); }, &what),
            Errc::usage);
  EXPECT_THAT(what, HasSubstr("no parameter :x"));
  EXPECT_EQ(errc_thrown([&] { db().exec("delete from user where id = :id", 1); }, &what), Errc::usage);
  EXPECT_THAT(what, HasSubstr("sql::named"));
  EXPECT_EQ(errc_thrown([&] { db().exec("delete from user where id = :id"); }), Errc::usage);
  EXPECT_EQ(errc_thrown([&] { db().exec("delete from user where id = ?", named("id", 1)); }), Errc::usage);
}

TEST_P(RowsContract, RowsAsStructs) {
  db().exec("insert into user values ('1', 'Michael'), ('2', 'Tracy')");
  std::string seen;
  for (const User& user : db().query<User>("select id, name from user order by id")) {
    seen += user.id + user.name + ' ';
  }
  EXPECT_EQ(seen, "1Michael 2Tracy ");
  EXPECT_EQ(db().query_one<User>("select id, name from user where id = ?", "2").name, "Tracy");
  EXPECT_FALSE(db().query_optional<User>("select id, name from user where id = ?", "3").has_value());
  EXPECT_EQ(db().query<User>("select id, name from user").all().size(), 2U);
  std::string what;
  EXPECT_EQ(errc_thrown([&] { db().query<User>("select id from user"); }, &what), Errc::usage);
  EXPECT_THAT(what, HasSubstr("1 column, asked for were 2"));
}

TEST_P(RowsContract, RowsWithoutTypes) {
  db().exec("insert into thing values (1, 42, 0.5, 'word', x'00ff')");
  int rows = 0;
  for (const Row& row : db().query("select id, whole, broken, word, bytes, null as missing from thing")) {
    ++rows;
    EXPECT_THAT(row.names(), ElementsAre("id", "whole", "broken", "word", "bytes", "missing"));
    EXPECT_EQ(row.get<int>("whole"), 42);
    EXPECT_EQ(row.get<std::optional<int>>("missing"), std::nullopt);
    EXPECT_EQ(row.get<double>(2), 0.5);
    EXPECT_EQ(row["word"], Value("word"));
    EXPECT_EQ(row.get<Blob>("bytes").bytes, std::string("\0\xff", 2));
    std::string what;
    EXPECT_EQ(errc_thrown([&] { (void)row.get<int>("word"); }, &what), Errc::type);
    EXPECT_THAT(what, HasSubstr("column word (number 4) is text of 4 octets, not an integer"));
    EXPECT_EQ(errc_thrown([&] { (void)row["absent"]; }), Errc::usage);
    EXPECT_EQ(errc_thrown([&] { (void)row[6]; }), Errc::usage);
  }
  EXPECT_EQ(rows, 1);
  EXPECT_THAT(db().query("select id from thing where id = ?", 5).all(), IsEmpty());
}

TEST_P(RowsContract, ManyRunsAtOnce) {
  std::vector<Thing> things;
  for (int i = 1; i <= 10'000; ++i) {
    Thing thing{.id = i};
    if (i % 3 != 0) {
      thing.whole = i * 1'000'000'007LL;
    }
    if (i % 5 == 0) {
      thing.broken = i / 8.0;
    }
    if (i % 2 == 0) {
      thing.word = std::string(static_cast<std::size_t>(i % 50), 'x') + "字";
    }
    if (i > 9000) {
      thing.bytes = Blob{std::string(i % 7 == 0 ? 2000 : 1, '\0')};
    }
    things.push_back(thing);
  }
  EXPECT_EQ(db().exec_many("insert into thing values (?, ?, ?, ?, ?)", things), 10'000);
  EXPECT_FALSE(db().in_transaction());
  EXPECT_EQ(db().query<Thing>("select id, whole, broken, word, bytes from thing order by id").all(), things);
  EXPECT_EQ(db().exec_many("delete from thing where id = ?", std::vector<int>{1, 2, 99'999}), 2);
  const std::vector<std::tuple<std::string, int>> updates{{"a", 3}, {"b", 4}};
  EXPECT_EQ(db().exec_many("update thing set word = ? where id = ?", updates), 2);
  EXPECT_EQ(db().query_one<std::string>("select word from thing where id = 4"), "b");
  EXPECT_EQ(db().exec_many("delete from thing where id = ?", std::vector<int>{}), 0);
}

TEST_P(RowsContract, ManyRunsOfMixedTypes) {
  const std::vector<std::tuple<int, Value>> rows{
      {1, Value(std::int64_t{1})}, {2, Value("two")}, {3, Value()}, {4, Value(4.5)}, {5, Value("five")}};
  EXPECT_EQ(db().exec_many("insert into thing (id, word) values (?, ?)", rows), 5);
  EXPECT_EQ(db().query_one<std::string>("select word from thing where id = 5"), "five");
  EXPECT_EQ(db().query_one<std::optional<std::string>>("select word from thing where id = 3"), std::nullopt);
}

TEST_P(RowsContract, ManyRunsAreAllOrNothing) {
  const std::vector<User> users{{"1", "a"}, {"2", "b"}, {"1", "again"}};
  EXPECT_EQ(errc_thrown([&] { db().exec_many("insert into user values (?, ?)", users); }), Errc::unique);
  EXPECT_FALSE(db().in_transaction());
  EXPECT_EQ(db().query_one<int>("select count(*) from user"), 0);
  {
    Transaction transaction(db());
    db().exec("insert into user values ('0', 'z')");
    EXPECT_EQ(errc_thrown([&] { db().exec_many("insert into user values (?, ?)", users); }), Errc::unique);
    transaction.commit();
  }
  EXPECT_THAT(db().query<std::string>("select id from user").all(), ElementsAre("0"));
  EXPECT_EQ(db().exec_many("insert into user values (:id, :name)", std::vector<std::string>{}), 0);
}

TEST_P(RowsContract, ManyRunsOfTheCallersTransaction) {
  std::vector<std::string> statements;
  db().set_trace([&](const TraceEvent& event) { statements.emplace_back(event.statement); });
  Transaction transaction(db());
  EXPECT_EQ(db().exec_each("insert into user values (?, ?)", std::vector<User>{{"1", "a"}, {"2", "b"}}), 2);
  transaction.commit();
  db().set_trace({});
  EXPECT_THAT(statements, testing::SizeIs(3)) << "no savepoint";
  EXPECT_EQ(db().exec_each("update user set name = 'c' where id = ?", std::vector<std::string>{"1", "2"}), 2);
  EXPECT_EQ(db().exec_each("insert into user select id || ?, name from user where id = '1'",
                           std::vector<std::string>{"x", "y"}),
            2);
  EXPECT_EQ(db().query_one<int>("select count(*) from user"), 4);
}

TEST_P(RowsContract, ValuesOfRunsThatCameToNothingAreForgotten) {
  // The third one is refused before anything of it is bound.
  struct Refused {};
  const std::string insert = "insert into user values (?, ?)";
  const std::vector<User> users{{"1", "a"}, {"2", "b"}, {"3", "c"}};
  const auto failing =
      users | std::views::transform([](const User& user) { return user.id == "3" ? throw Refused() : user; });
  EXPECT_THROW(db().exec_many(insert, failing), Refused);
  EXPECT_EQ(db().exec_many(insert, std::vector<User>{{"9", "z"}}), 1);
  EXPECT_THAT(db().query<std::string>("select id from user").all(), ElementsAre("9"));
}

}  // namespace
}  // namespace posthouse::sql
