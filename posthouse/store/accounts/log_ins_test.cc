#include "posthouse/store/accounts/log_ins.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/base/utf8.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LogInsTest : public StoreOnEachEngine {
 protected:
  LogIn log_in(const std::string& protocol, const std::string& client, int second) const {
    return {.account = account,
            .protocol = protocol,
            .client = client,
            .peer = "192.0.2.1",
            .at = Moment(std::chrono::seconds(second))};
  }
  void write(const std::vector<LogIn>& log_ins) {
    store->write([&](Write& write) { write_log_ins(write, log_ins); });
  }
  /// "imap Thunderbird 128.0 @7"
  std::vector<std::string> last() {
    std::vector<std::string> lines;
    for (const LogIn& one : store->read([&](Read& read) { return last_log_ins(read, account); })) {
      lines.push_back(
          one.protocol + ' ' + one.client + " @" +
          std::to_string(std::chrono::duration_cast<std::chrono::seconds>(one.at.time_since_epoch()).count()));
    }
    return lines;
  }
};

POSTHOUSE_ON_EACH_ENGINE(LogInsTest);

TEST_P(LogInsTest, TheLastOneOfEachClientIsKept) {
  write({log_in("imap", "Thunderbird 128.0", 1), log_in("pop3", "", 2), log_in("smtp", "[192.0.2.1]", 3)});
  write({log_in("imap", "Thunderbird 128.0", 7)});
  EXPECT_THAT(last(), ElementsAre("imap Thunderbird 128.0 @7", "smtp [192.0.2.1] @3", "pop3  @2"));
}

TEST_P(LogInsTest, AClientCannotFillTheTable) {
  std::vector<LogIn> many;
  for (int i = 0; i < 100; ++i) {
    many.push_back(log_in("imap", "client " + std::to_string(i), i));
  }
  many.push_back(log_in("pop3", "", 0));
  write(many);
  EXPECT_THAT(last(), SizeIs(most_log_ins + 1));
  EXPECT_EQ(last().front(), "imap client 99 @99");
}

TEST_P(LogInsTest, AClientMayCallItselfAnything) {
  std::string long_name(most_client_name - 1, 'x');
  long_name += "中文";
  write({log_in("imap", "a\r\nb\x7f", 3), log_in("imap", "\xff\xfe", 2), log_in("imap", long_name, 1)});
  EXPECT_THAT(last(),
              ElementsAre("imap a??b? @3", "imap ?? @2", "imap " + std::string(most_client_name - 1, 'x') + " @1"));
}

TEST_P(LogInsTest, TheyGoWithTheAccount) {
  store->accounts().add_domain("two.test");
  store->accounts().add_account("bob@two.test", "secret words");
  account = store->accounts().find_account("bob@two.test")->id;
  write({log_in("imap", "", 1)});
  EXPECT_THAT(last(), SizeIs(1));
  store->accounts().remove_account("bob@two.test");
  EXPECT_THAT(last(), IsEmpty());
  write({log_in("imap", "", 2)});  // gathered before
  EXPECT_THAT(last(), IsEmpty());
}

}  // namespace
}  // namespace posthouse::store
