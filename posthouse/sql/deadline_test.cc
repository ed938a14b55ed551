// Every call to a database can be bounded, in fibers and in threads: by a DeadlineScope, by a cancellation, by how long
// a server may be silent. The server of these tests is stopped where it stands, as one whose machine hangs.
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/mariadb_server.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "posthouse/fiber/error.h"
#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/sql/contract_testing.h"
#include "posthouse/sql/sql.h"
#include "posthouse/sql/testing.h"

namespace posthouse::sql {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// The kind of fiber::Error that `f` throws; Errc::system when it throws none.
template <class F>
fiber::Errc ended_by(F&& f) {
  try {
    f();
  } catch (const fiber::Error& error) {
    return error.errc();
  }
  return fiber::Errc::system;
}

// What a fiber (or thread) that is canceled throws.
template <class F>
fiber::Errc ended_by_cancel(F&& f) {
  fiber::Errc ended = fiber::Errc::system;
  fiber::Scope scope;
  scope.spawn([&] { ended = ended_by(f); });
  fiber::yield();
  scope.cancel();
  scope.join();
  return ended;
}

class Modes : public testing::TestWithParam<bool> {
 protected:
  static void in_mode(const std::function<void()>& body) { GetParam() ? fiber::run(body) : body(); }
};
std::string mode_name(const testing::TestParamInfo<bool>& info) {
  return info.param ? "fiber" : "thread";
}

class FrozenServer : public Modes {
 protected:
  static void SetUpTestSuite() {
    if (!test::MariadbServer::available()) {
      return;
    }
    server_ = std::make_unique<test::MariadbServer>(test::MariadbServerOptions{.tcp = true});
    Connection root = connect(server_->url());
    root.exec("create database d");
    root.exec("create user ann@'127.0.0.1' identified by 'secret'");
    root.exec("grant all on d.* to ann@'127.0.0.1'");
    root.exec("create table d.t (id integer primary key, word char(200), bytes longblob)");
    root.exec("insert into d.t select seq, repeat('x', 200), repeat('y', 200) from d.seq_1_to_500");
  }
  static void TearDownTestSuite() { server_.reset(); }
  void SetUp() override {
    if (server_ == nullptr) {
      GTEST_SKIP() << "the package mariadb-server is not installed";
    }
  }
  void TearDown() override {
    if (server_ != nullptr) {
      server_->thaw();
    }
  }
  static test::MariadbServer& server() { return *server_; }
  static std::string url() { return server_->url("d"); }
  static std::string tcp_url() {
    return "mysql://ann:secret@127.0.0.1:" + std::to_string(server_->port()) + "/d?ssl_mode=disabled";
  }

 private:
  static std::unique_ptr<test::MariadbServer> server_;
};
std::unique_ptr<test::MariadbServer> FrozenServer::server_;
INSTANTIATE_TEST_SUITE_P(, FrozenServer, testing::Bool(), mode_name);

// What programs do with a connection; each needs the server.
const std::vector<std::pair<const char*, std::function<void(Connection&)>>>& calls() {
  static const std::vector<std::pair<const char*, std::function<void(Connection&)>>> all{
      {"prepare and run", [](Connection& db) { db.query_one<int>("select 1"); }},
      {"run", [](Connection& db) { db.exec("select 2"); }},
      {"begin", [](Connection& db) { Transaction transaction(db); }},
      {"commit", [](Connection& db) { db.commit(); }},
      {"rollback", [](Connection& db) { db.rollback(); }},
      {"many", [](Connection& db) { db.exec_many("delete from t where id = ?", std::vector<int>{1, 2, 3}); }},
      {"script", [](Connection& db) { db.exec_script("select 1; select 2"); }},
      {"blob", [](Connection& db) { BlobReader reader(db, {"t", "bytes", "id", 1}); }},
      {"settings", [](Connection& db) { db.set_busy_timeout(1s); }},
      {"columns", [](Connection& db) { table_info(db, "t"); }},
  };
  return all;
}

TEST_P(FrozenServer, ADeadlineScopeEndsEveryCall) {
  in_mode([&] {
    for (const auto& [name, call] : calls()) {
      Connection db = connect(url());
      db.exec("select 2");
      db.begin();
      if (std::string(name) == "begin") {
        db.rollback();
      }
      server().freeze();
      {
        const fiber::DeadlineScope limit(20ms);
        EXPECT_EQ(ended_by([&] { call(db); }), fiber::Errc::timeout) << name;
      }
      EXPECT_FALSE(db.usable()) << name;
      EXPECT_FALSE(db.in_transaction());
      EXPECT_EQ(errc_thrown([&] { db.exec("select 2"); }), Errc::lost) << name;
      server().thaw();
      EXPECT_EQ(errc_thrown([&] { db.query_one<int>("select 3"); }), Errc::lost) << "it never heals by itself";
      db.reconnect();
      EXPECT_EQ(db.query_one<int>("select 3"), 3);
    }
  });
}

TEST_P(FrozenServer, ACancellationEndsEveryCall) {
  in_mode([&] {
    for (const auto& [name, call] : calls()) {
      Connection db = connect(tcp_url());
      db.exec("select 2");
      db.begin();
      if (std::string(name) == "begin") {
        db.rollback();
      }
      server().freeze();
      EXPECT_EQ(ended_by_cancel([&] { call(db); }), fiber::Errc::canceled) << name;
      EXPECT_FALSE(db.usable()) << name;
      server().thaw();
    }
  });
}

TEST_P(FrozenServer, SilenceEndsEveryCall) {
  in_mode([&] {
    for (const auto& [name, call] : calls()) {
      Connection db = connect(url(), {.answer_timeout = 10s});
      db.exec("select 2");
      db.begin();
      if (std::string(name) == "begin") {
        db.rollback();
      }
      db.set_answer_timeout(20ms);
      server().freeze();
      std::string what;
      EXPECT_EQ(errc_thrown([&] { call(db); }, &what), Errc::lost) << name;
      EXPECT_THAT(what, HasSubstr("silent for 20 ms"));
      EXPECT_FALSE(db.usable()) << name;
      server().thaw();
    }
  });
}

TEST_P(FrozenServer, RowsUnderWay) {
  in_mode([&] {
    Connection db = connect(url());
    const auto read_all = [&](auto&& at_first) {
      bool first = true;
      for ([[maybe_unused]] auto [a, b] :
           db.query<std::string_view, std::string_view>("select a.word, b.word from t a, t b, t c")) {
        if (std::exchange(first, false)) {
          at_first();
        }
      }
    };
    {
      const fiber::DeadlineScope limit(50ms);
      EXPECT_EQ(ended_by([&] { read_all([&] { server().freeze(); }); }), fiber::Errc::timeout);
    }
    EXPECT_FALSE(db.usable());
    server().thaw();
  });
}

TEST_P(FrozenServer, Connecting) {
  in_mode([&] {
    server().freeze();
    for (const std::string& where : {url(), tcp_url()}) {
      std::string what;
      EXPECT_EQ(errc_thrown([&] { connect(where, {.connect_timeout = 20ms}); }, &what), Errc::connection);
      EXPECT_THAT(what, HasSubstr("no answer in time"));
      EXPECT_EQ(ended_by_cancel([&] { connect(where); }), fiber::Errc::canceled);
      const fiber::DeadlineScope limit(20ms);
      EXPECT_EQ(ended_by([&] { connect(where); }), fiber::Errc::timeout);
    }
    server().thaw();
    EXPECT_EQ(connect(tcp_url()).query_one<int>("select 1"), 1);
  });
}

TEST_P(FrozenServer, APoolGivesUpWhatDoesNotAnswer) {
  in_mode([&] {
    Pool pool(url(), {.size = 1, .check_after_idle = 0s}, {.connect_timeout = 50ms});
    pool.take()->exec("select 1");
    server().freeze();
    EXPECT_EQ(errc_thrown([&] { pool.take(); }), Errc::connection);
    server().thaw();
    EXPECT_EQ(pool.take()->query_one<int>("select 1"), 1);
    EXPECT_EQ(pool.statistics().discarded, 1U);
    {
      auto db = pool.take();
      db->begin();
      server().freeze();
      const fiber::DeadlineScope limit(20ms);
      EXPECT_EQ(ended_by([&] { db->exec("select 1"); }), fiber::Errc::timeout);
    }
    server().thaw();
    EXPECT_EQ(pool.statistics().discarded, 2U);
    EXPECT_EQ(pool.take()->query_one<int>("select 1"), 1);
  });
}

TEST_P(FrozenServer, AStatementThatTakesLong) {
  in_mode([&] {
    Connection db = connect(tcp_url());
    EXPECT_EQ(ended_by_cancel([&] { db.query_one<int>("select sleep(1000)"); }), fiber::Errc::canceled);
    EXPECT_FALSE(db.usable());
    db.reconnect();
    const fiber::DeadlineScope limit(20ms);
    EXPECT_EQ(ended_by([&] { db.query_one<int>("select sleep(1000)"); }), fiber::Errc::timeout);
  });
}

TEST_P(FrozenServer, AShieldKeepsCancellationAway) {
  in_mode([&] {
    Connection db = connect(url());
    fiber::Scope scope;
    int answer = 0;
    scope.spawn([&] {
      const fiber::Shield shield;
      answer = db.query_one<int>("select 5 + sleep(0.02)");
    });
    fiber::yield();
    scope.cancel();
    scope.join();
    EXPECT_EQ(answer, 5);
  });
}

// The sockets of this process that are connected to `port`.
std::vector<int> sockets_to(std::uint16_t port) {
  std::vector<int> found;
  for (int descriptor = 0; descriptor < 4096; ++descriptor) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) == 0 && peer.sin_family == AF_INET &&
        ntohs(peer.sin_port) == port) {
      found.push_back(descriptor);
    }
  }
  return found;
}

TEST_P(FrozenServer, TheSystemWatchesWhetherTheMachineIsThere) {
  const auto option = [](int socket, int level, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    ::getsockopt(socket, level, name, &value, &size);
    return value;
  };
  Connection db = connect(tcp_url());
  const std::vector<int> sockets = sockets_to(server().port());
  ASSERT_FALSE(sockets.empty());
  for (const int socket : sockets) {
    EXPECT_EQ(option(socket, SOL_SOCKET, SO_KEEPALIVE), 1);
    EXPECT_EQ(option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT), 60'000);
    EXPECT_LE(option(socket, IPPROTO_TCP, TCP_KEEPIDLE) +
                  option(socket, IPPROTO_TCP, TCP_KEEPINTVL) * option(socket, IPPROTO_TCP, TCP_KEEPCNT),
              60);
  }
}

// Listens, and says nothing.
class SilentServer {
 public:
  SilentServer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    auto* const generic = reinterpret_cast<sockaddr*>(&address_);
    EXPECT_EQ(::bind(listener_, generic, size), 0);
    EXPECT_EQ(::listen(listener_, 10), 0);
    EXPECT_EQ(::getsockname(listener_, generic, &size), 0);
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  ~SilentServer() { ::close(listener_); }
  std::string url() const { return "mysql://u:p@127.0.0.1:" + std::to_string(ntohs(address_.sin_port)) + "/t"; }

 private:
  int listener_;
  sockaddr_in address_{};
};

class DatabasesInTime : public Modes {};
INSTANTIATE_TEST_SUITE_P(, DatabasesInTime, testing::Bool(), mode_name);

// The example of fiber::DeadlineScope.
TEST_P(DatabasesInTime, AskTheDatabase) {
  in_mode([] {
    const SilentServer silent;
    const auto ask_the_database = [&] { return connect(silent.url()).query_one<int>("select 1"); };
    const fiber::DeadlineScope limit(1h);
    const fiber::DeadlineScope shorter(20ms);
    EXPECT_EQ(ended_by(ask_the_database), fiber::Errc::timeout);
  });
}

constexpr const char* endless =
    "with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n";

TEST_P(DatabasesInTime, SqlitesLongWork) {
  in_mode([] {
    Connection db = connect("sqlite://:memory:");
    db.exec("create table t (n integer)");
    {
      const fiber::DeadlineScope limit(20ms);
      EXPECT_EQ(ended_by([&] { db.query_one<int>(endless); }), fiber::Errc::timeout);
      EXPECT_EQ(ended_by([&] { db.exec_script(endless); }), fiber::Errc::timeout);
      db.exec("insert into t values (1)");  // has nothing to wait for
    }
    EXPECT_TRUE(db.usable());
    EXPECT_EQ(db.query_one<int>("select count(*) from t"), 1);
  });
}

TEST_P(DatabasesInTime, SqlitesLocks) {
  in_mode([] {
    const test::TemporaryFolder folder;
    const std::string url = sqlite_url(folder.file("a.db"));
    Connection one = connect(url);
    Connection two = connect(url, {.busy_timeout = 1h});
    one.exec("create table t (n integer)");
    Transaction transaction(one, TransactionMode::immediate);
    {
      const fiber::DeadlineScope limit(20ms);
      EXPECT_EQ(ended_by([&] { two.exec("insert into t values (1)"); }), fiber::Errc::timeout);
    }
    two.set_busy_timeout(20ms);
    EXPECT_EQ(errc_thrown([&] { two.exec("insert into t values (1)"); }), Errc::busy);
    transaction.rollback();
    EXPECT_EQ(two.exec("insert into t values (1)"), 1);
  });
}

TEST(SqliteInTime, ACanceledThread) {
  Connection db = connect("sqlite://:memory:");
  EXPECT_EQ(ended_by_cancel([&] { db.query_one<int>(endless); }), fiber::Errc::canceled);
  EXPECT_EQ(db.query_one<int>("select 1"), 1);
}

}  // namespace
}  // namespace posthouse::sql
