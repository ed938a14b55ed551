#include "posthouse/server/pop3/inbox.h"

#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/testing.h"

namespace posthouse::server {
namespace {

using ::testing::ElementsAre;

class InboxTest : public store::StoreOnEachEngine {
 protected:
  void prepare() override { views = std::make_unique<store::Views>(*store); }
  void TearDown() override { views.reset(); }
  void deliver(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      letters += 1;
      store::deliver(*store, {inbox}, "Subject: " + std::string(letters % 50, 'x') + "\r\n\r\nletter\r\n");
    }
  }
  void expunge(std::initializer_list<store::Uid> uids) {
    store->write([&](store::Write& write) { store::expunge(write, inbox, std::vector(uids)); });
  }
  Inbox open() { return Inbox(*store, *views, account); }

  std::unique_ptr<store::Views> views;
  std::size_t letters = 0;
};
POSTHOUSE_ON_EACH_ENGINE(InboxTest);

TEST_P(InboxTest, TellsWhatTheRowsTell) {
  deliver(600);
  expunge({1, 300, 600});
  Inbox inbox = open();
  const auto rows = store::list(*store, inbox.mailbox());
  ASSERT_EQ(inbox.count(), rows.size());
  std::uint64_t octets = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Inbox::Message message = inbox.message(i);
    EXPECT_EQ(message.id, rows[i].message);
    EXPECT_EQ(message.uid, rows[i].uid);
    EXPECT_EQ(message.size, rows[i].size);
    octets += message.size;
  }
  EXPECT_EQ(inbox.octets(), octets) << "STAT says what LIST does";
  EXPECT_EQ(inbox.message(5).uid, 7U) << "and once more from the front";
  EXPECT_THAT(inbox.uids({0, 1, 298, 299}), ElementsAre(2, 3, 301, 302));
}

TEST_P(InboxTest, StaysAsItWasAtLogIn) {
  deliver(300);
  Inbox inbox = open();
  EXPECT_EQ(inbox.message(0).uid, 1U);
  deliver(3);
  expunge({2, 290});
  EXPECT_EQ(inbox.count(), 300U);
  EXPECT_NE(inbox.message(1).id, 0) << "what was read stays";
  EXPECT_EQ(inbox.message(289).id, 0) << "it has gone before it was looked at";
  EXPECT_EQ(inbox.message(289).uid, 290U);
  EXPECT_EQ(inbox.message(299).uid, 300U);
  inbox.forget();
  EXPECT_EQ(inbox.message(1).id, 0);
  EXPECT_EQ(open().count(), 301U);
}

TEST_P(InboxTest, AnEmptyOne) {
  Inbox inbox = open();
  EXPECT_EQ(inbox.count(), 0U);
  EXPECT_EQ(inbox.octets(), 0U);
}

}  // namespace
}  // namespace posthouse::server
