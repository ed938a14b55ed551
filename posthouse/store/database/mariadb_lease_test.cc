#include "posthouse/store/database/mariadb_lease.h"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

class MariadbLeaseTest : public OnEachEngine {
 protected:
  void SetUp() override {
    OnEachEngine::SetUp();
    if (!IsSkipped()) {
      add_mailbox(*Store::open(options()), "ann");
    }
  }
  /// A server that has lost its power: its row is as it was.
  void leave_a_dead_server(const std::string& place) {
    connect().exec(
        "INSERT INTO store_server (epoch, holder, place, since, seen, beats, turns, ended) "
        "VALUES (50, 'dead.test (process 7)', ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 3, 4, 0)",
        place);
  }
  bool ended(int epoch) { return connect().query_one<bool>("SELECT ended FROM store_server WHERE epoch = ?", epoch); }
};

INSTANTIATE_TEST_SUITE_P(Engine, MariadbLeaseTest, testing::Values("mariadb"), sql::engine_name);

TEST_P(MariadbLeaseTest, ASecondServerIsToldWhoHoldsTheLease) {
  auto lively = options();
  lively.lease = 500ms;
  const auto store = Store::open(lively);
  TemporaryFolder copy;
  std::filesystem::copy(data(), copy.data(), std::filesystem::copy_options::recursive);
  auto second = options();  // patient: it sees a beat of the first before its time is over
  second.data_dir = copy.data();
  try {
    Store::open(second);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::in_use);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("(process " + std::to_string(::getpid()) + ")"), HasSubstr("since 20")));
  }
}

TEST_P(MariadbLeaseTest, AServerThatLostItsPowerIsFollowed) {
  leave_a_dead_server("elsewhere");
  auto soon = options();
  soon.lease = 300ms;
  const auto store = Store::open(soon);
  EXPECT_TRUE(ended(50));
  EXPECT_FALSE(ended(51));
  EXPECT_TRUE(checked().server_running);
  deliver(*store, {1}, "x");
}

TEST_P(MariadbLeaseTest, AfterAKillOnTheSameFolderNobodyWaits) {
  {
    const auto store = Store::open(options());
    connect().exec(
        "INSERT INTO store_server SELECT epoch + 1, holder, place, since, seen, beats, turns, 0 "
        "FROM store_server WHERE ended = 0");
  }
  auto patient = options();
  patient.lease = std::chrono::hours(1);
  EXPECT_EQ(error_of([&] { Store::open(patient); }), "no error");
}

TEST_P(MariadbLeaseTest, AServerThatEndsLetsGo) {
  {
    const auto store = Store::open(options());
  }
  EXPECT_FALSE(checked().server_running);
  EXPECT_EQ(connect().query_one<int>("SELECT count(*) FROM store_server WHERE ended = 0"), 0);
}

TEST_P(MariadbLeaseTest, ToolsNeedNone) {
  const auto server = Store::open(options());
  const auto tool = Store::open(options(false));
  add_mailbox(*tool, "bob");
  deliver(*server, {1}, "x");
  EXPECT_EQ(connect().query_one<int>("SELECT count(*) FROM store_server WHERE ended = 0"), 1);
}

}  // namespace
}  // namespace posthouse::store
