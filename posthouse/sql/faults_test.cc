// What goes wrong with any engine is a sql::Error that says so; the transaction is undone and the connection goes on.
#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "posthouse/sql/contract_testing.h"
#include "posthouse/sql/testing.h"

namespace posthouse::sql {
namespace {

using ::testing::HasSubstr;

class Faults : public Contract {};
INSTANTIATE_TEST_SUITE_P(, Faults, testing::ValuesIn(engines()), engine_name);

TEST_P(Faults, AnErrorTellsWhatIsKnown) {
  db().exec("insert into user values ('1', 'a')");
  try {
    db().exec("insert into user values (?, ?)", 1, nullptr);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::not_null);
    EXPECT_EQ(error.statement(), "insert into user values (?, ?)");
    EXPECT_EQ(error.parameter_types(), "integer, NULL");
    EXPECT_NE(error.engine_code(), 0);
    EXPECT_EQ(error.sqlstate(), "23502");
    EXPECT_THAT(error.where().file_name(), HasSubstr("sql/"));
    EXPECT_FALSE(error.retryable());
    EXPECT_TRUE(error.connection_usable());
    EXPECT_EQ(error.detached().parameter_types(), "integer, NULL");
  }
  const auto types = [&](auto&& f) {
    try {
      f();
    } catch (const Error& error) {
      return error.parameter_types();
    }
    return std::string("no error");
  };
  EXPECT_EQ(types([&] { db().exec("insert into user values (?, ?)", std::optional<std::string>("1"), Value(2.5)); }),
            "text, real");
  EXPECT_EQ(types([&] { db().exec("insert into user values (:id, null)", named("id", BlobView{"1"})); }), "blob");
  EXPECT_EQ(types([&] {
              db().exec_many("insert into user values (?, ?)",
                             std::vector<std::tuple<std::string, int>>{{"2", 2}, {"1", 1}});
            }),
            "text, integer");
  EXPECT_EQ(types([&] { db().exec("insert into user values ('1', 'b')"); }), "");
}

TEST_P(Faults, ARefusedParameterNamesItsStatement) {
  std::string what;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(errc_thrown([&] { db().exec("select ?, ?", 1, nan); }, &what), Errc::type);
  EXPECT_THAT(what, HasSubstr("parameter 2 is not a number"));
  EXPECT_THAT(what, HasSubstr("select ?, ?"));
}

TEST_P(Faults, TheTransactionIsUndoneAndTheConnectionGoesOn) {
  const std::vector<void (*)(Connection&)> mistakes{
      [](Connection& tx) { tx.exec("selec 1"); },
      [](Connection& tx) { tx.exec("insert into user values (?)", 1, 2); },
      [](Connection& tx) { tx.exec("insert into user values ('2', null)"); },
      [](Connection& tx) { tx.exec("insert into user values ('1', 'again')"); },
      [](Connection& tx) { tx.query_one<int>("select null"); },
      [](Connection& tx) { tx.query_one<int>("select 'text'"); },
      [](Connection& tx) { tx.query_one<std::int8_t>("select 1000"); },
      [](Connection& tx) { tx.query_one<int>("select name from nowhere"); },
  };
  for (const auto& mistake : mistakes) {
    EXPECT_THROW(transact(db(),
                          [&](Connection& tx) {
                            tx.exec("insert into user values ('1', 'a')");
                            mistake(tx);
                          }),
                 Error);
    EXPECT_FALSE(db().in_transaction());
    EXPECT_EQ(db().query_one<int>("select count(*) from user"), 0);
  }
  EXPECT_EQ(transact(db(), [](Connection& tx) { return tx.exec("insert into user values ('1', 'a')"); }), 1);
}

TEST_P(Faults, KeywordsAndStrangeNamesAreNamesInQuotes) {
  db().exec(R"(create table "select" ("from" integer, "a ""b"" ; -- ?" varchar(20)))");
  db().exec(R"(insert into "select" ("from", "a ""b"" ; -- ?") values (?, ?))", 1, "x");
  EXPECT_EQ((db().query_one<int, std::string>(R"(select "from", "a ""b"" ; -- ?" from "select")")),
            std::make_tuple(1, std::string("x")));
  EXPECT_EQ(errc_thrown([&] { db().exec("create table select (x integer)"); }), Errc::syntax);
}

TEST_P(Faults, StatementsInValuesAreValues) {
  for (const std::string hostile :
       {"'; drop table user; --", "\\'; drop table user; --", "\" or \"\"=\"", "1 or 1=1", "\0' or 1=1",
        "%'; select sleep(1); --", "?", ":id", "`; drop table user", "\x1a"}) {
    db().exec("delete from user");
    db().exec("insert into user values (:id, :name)", named("id", hostile), named("name", hostile));
    EXPECT_EQ(db().query_one<std::string>("select name from user where id = ?", hostile), hostile);
    EXPECT_EQ(db().query_one<int>("select count(*) from user where id = ?", hostile + "x"), 0);
  }
}

TEST_P(Faults, TextThatIsNoUtf8) {
  const std::string broken = "caf\xe9 \xff\xfe";
  if (is_sqlite()) {
    // It takes text as it comes and gives it back so; whoever needs to know must look.
    db().exec("insert into user values ('1', ?)", broken);
    EXPECT_EQ(db().query_one<std::string>("select name from user"), broken);
  } else {
    EXPECT_EQ(errc_thrown([&] { db().exec("insert into user values ('1', ?)", broken); }), Errc::type);
    EXPECT_EQ(db().query_one<int>("select count(*) from user"), 0);
  }
  db().exec("insert into thing (id, bytes) values (1, ?)", BlobView{broken});
  EXPECT_EQ(db().query_one<Blob>("select bytes from thing").bytes, broken) << "octets are octets";
}

// A GiB of address space of which nothing is ever touched.
class HugeBlob {
 public:
  HugeBlob() : begin_(::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {}
  HugeBlob(const HugeBlob&) = delete;
  HugeBlob& operator=(const HugeBlob&) = delete;
  ~HugeBlob() { ::munmap(begin_, size); }
  std::string_view bytes() const { return {static_cast<const char*>(begin_), size}; }

 private:
  static constexpr std::size_t size = std::size_t{1} << 30U;
  void* begin_;
};

TEST_P(Faults, ABlobOfAGibibyteIsRefusedByLimits) {
  const HugeBlob huge;
  Transaction transaction(db());
  db().exec("insert into user values ('1', 'a')");
  const auto refused = [&](auto&& f) {
    try {
      f();
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.errc(), Errc::too_big) << error.what();
      EXPECT_TRUE(error.connection_usable());
      EXPECT_FALSE(error.retryable());
    }
  };
  refused([&] { db().exec("insert into thing (id, bytes) values (1, ?)", BlobView{huge.bytes()}); });
  refused([&] { db().exec("insert into thing (id, word) values (1, ?)", huge.bytes()); });
  refused([&] { db().query<int>("select length(?)", BlobView{huge.bytes()}).all(); });
  if (!is_sqlite()) {
    const std::string_view half = huge.bytes().substr(0, 10 << 20);  // one fits into a packet, two do not
    refused([&] { db().exec("insert into thing (id, word, bytes) values (1, ?, ?)", half, BlobView{half}); });
  }
  transaction.commit();
  EXPECT_EQ(db().query_one<int>("select count(*) from user"), 1) << "the connection is as it was";
  EXPECT_EQ(db().query_one<int>("select count(*) from thing"), 0);
}

class LockedByOthers : public Database {};
INSTANTIATE_TEST_SUITE_P(, LockedByOthers, testing::ValuesIn(engines()), engine_name);

// Another process that holds the row's lock until it is told to let go.
class Locker {
 public:
  explicit Locker(const std::string& url) {
    EXPECT_EQ(::pipe(locked_), 0);
    EXPECT_EQ(::pipe(release_), 0);
    child_ = ::fork();
    if (child_ == 0) {
      ::_exit(hold(url) ? 0 : 1);
    }
    char octet = 0;
    EXPECT_EQ(::read(locked_[0], &octet, 1), 1);
  }
  int release() {
    EXPECT_EQ(::write(release_[1], "x", 1), 1);
    int status = -1;
    ::waitpid(child_, &status, 0);
    for (const int end : {locked_[0], locked_[1], release_[0], release_[1]}) {
      ::close(end);
    }
    return status;
  }

 private:
  bool hold(const std::string& url) {
    try {
      Connection db = connect(url);
      Transaction transaction(db, TransactionMode::immediate);
      db.exec("update t set n = 1 where id = 1");
      char octet = 0;
      if (::write(locked_[1], "x", 1) != 1 || ::read(release_[0], &octet, 1) != 1) {
        return false;
      }
      transaction.commit();
      return true;
    } catch (const Error&) {
      return ::write(locked_[1], "x", 1) != 1;
    }
  }

  int locked_[2]{};
  int release_[2]{};
  pid_t child_ = -1;
};

TEST_P(LockedByOthers, IsBusyAndMayBeTriedAgain) {
  open().exec("create table t (id integer primary key, n integer)");
  open().exec("insert into t values (1, 0)");
  Locker other(url());
  Connection db = open({.busy_timeout = std::chrono::milliseconds(0)});
  const auto write = [&] {
    return transact(db, [](Connection& tx) { return tx.exec("update t set n = n + 1 where id = 1"); }, {.attempts = 1});
  };
  try {
    write();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::busy);
    EXPECT_TRUE(error.retryable());
    EXPECT_TRUE(error.connection_usable());
    EXPECT_EQ(error.sqlstate(), "40001");
  }
  EXPECT_FALSE(db.in_transaction());
  EXPECT_EQ(other.release(), 0);
  EXPECT_EQ(write(), 1);
  EXPECT_EQ(db.query_one<int>("select n from t"), 2);
}

}  // namespace
}  // namespace posthouse::sql
