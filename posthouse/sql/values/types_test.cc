// Times, days, decimals, UUIDs and JSON, and the cursor's vocabulary, on every engine.
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/sql/contract_testing.h"
#include "posthouse/sql/testing.h"

namespace posthouse::sql {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Types : public Contract {
 protected:
  void SetUp() override {
    Contract::SetUp();
    if (IsSkipped()) {
      return;
    }
    db().exec(
        "create table typed (moment datetime(6), day date, price decimal(20, 4), id char(36), document longtext)");
  }
  template <class T>
  T round_trip(const char* column, const T& value) {
    db().exec("delete from typed");
    db().exec("insert into typed (" + std::string(column) + ") values (?)", value);
    return db().query_one<T>("select " + std::string(column) + " from typed");
  }
  Errc refused(std::string_view text, auto as) {
    return errc_thrown([&] { db().query_one<decltype(as)>("select ?", text); });
  }
};
INSTANTIATE_TEST_SUITE_P(, Types, testing::ValuesIn(engines()), engine_name);

using Moment = std::chrono::sys_time<std::chrono::microseconds>;

TEST_P(Types, TimesAndDays) {
  const Moment moment = std::chrono::sys_days(2026y / 11 / 26) + 23h + 59min + 58s + 123456us;
  EXPECT_EQ(round_trip("moment", moment), moment);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(moment);
  EXPECT_EQ(round_trip("moment", seconds), seconds);
  EXPECT_EQ(round_trip("day", 2024y / 2 / 29), 2024y / 2 / 29);
  EXPECT_EQ(db().query_one<Moment>("select '2026-11-26'"), std::chrono::sys_days(2026y / 11 / 26));
  EXPECT_EQ(db().query_one<Moment>("select '1969-12-31T23:59:59.5'"), Moment(-500ms));
  db().exec("delete from typed");
  db().exec("insert into typed (moment) values (?)", moment);
  EXPECT_EQ(db().query_one<int>("select count(*) from typed where moment > ?", moment - 1us), 1) << "it sorts";
  for (const char* bad : {"", "2026-13-01", "2026-02-29", "2026-11-26 24:00:00", "2026-11-26 1:00:00",
                          "2026-11-26 01:00:00.", "2026-11-26 01:00:00Z", "26-11-26", "2026-11-26 "}) {
    EXPECT_EQ(refused(bad, Moment()), Errc::type) << bad;
  }
  EXPECT_EQ(refused("2026-11-26 00:00:00", std::chrono::year_month_day()), Errc::type);
  const std::chrono::sys_days day = 2026y / 11 / 26;
  EXPECT_EQ(db().query_one<std::chrono::sys_days>("select ?", day), day);
  EXPECT_EQ(db().query_one<std::string>("select ?", day), "2026-11-26");
  EXPECT_EQ(refused("2026-11-26 00:00:00", std::chrono::sys_days()), Errc::type);
  EXPECT_EQ(errc_thrown([&] { db().exec("select ?", 2026y / 2 / 30); }), Errc::type);
  EXPECT_EQ(errc_thrown([&] { db().exec("select ?", Moment(std::chrono::sys_days(20'000y / 1 / 1))); }), Errc::type);
}

TEST_P(Types, DecimalsUuidsAndJson) {
  EXPECT_EQ(db().query_one<Decimal>("select ?", Decimal{"-12.50"}).digits, "-12.50");
  EXPECT_EQ(db().query_one<Decimal>("select 42").digits, "42");
  for (const char* bad : {"", "-", ".", "1.2.3", "1e5", "12a", "--1"}) {
    EXPECT_EQ(refused(bad, Decimal()), Errc::type) << bad;
    EXPECT_EQ(errc_thrown([&] { db().exec("select ?", Decimal{bad}); }), Errc::type) << bad;
  }
  const Uuid uuid = Uuid::parse("F81D4FAE-7dec-11d0-a765-00a0c91e6bf6");
  EXPECT_EQ(uuid.to_string(), "f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
  EXPECT_EQ(round_trip("id", uuid), uuid);
  const Uuid random = Uuid::random();
  EXPECT_NE(random, Uuid::random());
  EXPECT_EQ(random.to_string()[14], '4');
  for (const char* bad : {"", "f81d4fae7dec11d0a76500a0c91e6bf6", "f81d4fae-7dec-11d0-a765-00a0c91e6bg6",
                          "f81d4fae-7dec-11d0-a765-00a0c91e6bf", "+81d4fae-7dec-11d0-a765-00a0c91e6bf6",
                          "f81d4fae_7dec-11d0-a765-00a0c91e6bf6"}) {
    EXPECT_EQ(refused(bad, Uuid()), Errc::type) << bad;
  }
  EXPECT_EQ(round_trip("document", Json{R"({"a": ["\n"]})"}), Json{R"({"a": ["\n"]})"});
}

TEST_P(Types, TheCursorsVocabulary) {
  auto cursor = db().cursor();
  EXPECT_EQ(cursor.rowcount(), -1);
  EXPECT_EQ(cursor.execute("insert into user (id, name) values (?, ?)", "1", "Michael").rowcount(), 1);
  EXPECT_FALSE(cursor.fetchone().has_value());
  const std::vector<std::pair<std::string, std::string>> more{{"2", "Tracy"}, {"3", "Sarah"}};
  EXPECT_EQ(cursor.executemany("insert into user (id, name) values (?, ?)", more).rowcount(), 2);
  cursor.execute("select id, name from user order by id");
  EXPECT_EQ(cursor.rowcount(), -1);
  EXPECT_THAT(cursor.description(), ElementsAre("id", "name"));
  EXPECT_EQ(cursor.fetchone()->get<std::string>("name"), "Michael");
  EXPECT_THAT(cursor.fetchmany(1), SizeIs(1));
  EXPECT_THAT(cursor.fetchall(), SizeIs(1));
  EXPECT_THAT(cursor.fetchall(), IsEmpty());
  cursor.execute("insert into thing (word) values (?)", "x");
  EXPECT_EQ(cursor.lastrowid(), 1);
  EXPECT_THAT(cursor.description(), IsEmpty());
  EXPECT_EQ(errc_thrown([&] { cursor.execute("selec"); }), Errc::syntax);
  db().begin();
  cursor.execute("delete from user");
  db().rollback();
  db().begin();
  EXPECT_EQ(errc_thrown([&] { db().begin(); }), Errc::usage);
  cursor.execute("delete from user where id = ?", "3");
  db().commit();
  db().commit();
  EXPECT_EQ(db().query_one<int>("select count(*) from user"), 2);
}

}  // namespace
}  // namespace posthouse::sql
