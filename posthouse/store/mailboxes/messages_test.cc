// What stands in front of a body, and mailboxes whose counters are wrong.
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class MessagesTest : public StoreOnEachEngine {
 protected:
  void adjust(StoreOptions& options) override { options.body_threshold = 1000; }
  std::vector<Uid> uids() {
    std::vector<Uid> found;
    for (const MailboxEntry& entry : list(*store, inbox)) {
      found.push_back(entry.uid);
    }
    return found;
  }
};

POSTHOUSE_ON_EACH_ENGINE(MessagesTest);

TEST_P(MessagesTest, ThePrefixStandsInFrontOfTheBody) {
  const std::string prefix = "Received: from a\r\n\tby b; now\r\n";
  for (const std::size_t size : {0U, 100U, 5000U, 200'000U}) {
    SCOPED_TRACE(size);
    const std::string body(size, 'b');
    const std::string there = prefix + body;
    const std::string here = "Return-Path: <张三@例子.test>\r\n" + there;
    const MessageId message = deliver(*store, {inbox}, body, {.prefix = prefix, .return_path = "张三@例子.test"});
    EXPECT_EQ(store->messages().load(message), here);
    EXPECT_EQ(store->messages().size(message), here.size());
    EXPECT_EQ(list(*store, inbox).back().size, here.size());
    EXPECT_EQ(store->messages().load(message, Audience::received), body);
    EXPECT_EQ(store->messages().size(message, Audience::received), body.size());
    const auto file = store->messages().file_of(message);
    EXPECT_EQ(file.has_value(), size >= 1000);
    if (file) {
      EXPECT_EQ(std::filesystem::file_size(*file), size);
      EXPECT_EQ(store->file_of(body_of(*store, body)).parent_path().parent_path(), file->parent_path().parent_path());
    }
    EXPECT_EQ(store->messages().load(message, Audience::next_hop), there);
    EXPECT_EQ(store->messages().size(message, Audience::next_hop), there.size());
    std::string read;
    store->messages().read(message, [&](std::string_view piece) {
      read += piece;
      return true;
    });
    EXPECT_EQ(read, here);
    for (const std::uint64_t offset : {std::size_t{0}, std::size_t{7}, here.size() - body.size(), here.size() / 2,
                                       here.size() - 1, here.size(), here.size() + 9}) {
      for (const std::uint64_t octets : {1U, 20U, 70'000U, 1'000'000U}) {
        read.clear();
        store->messages().read(message, {offset, octets}, [&](std::string_view piece) {
          read += piece;
          return true;
        });
        EXPECT_EQ(read, offset < here.size() ? here.substr(offset, octets) : "") << offset << ' ' << octets;
      }
    }
  }
  EXPECT_THAT(checked().problems, IsEmpty()) << "the digest is the received body's";
}

TEST_P(MessagesTest, TheNullReversePathIsShownAndNoneIsNot) {
  const MessageId bounce = deliver(*store, {inbox}, "x", {.return_path = ""});
  const MessageId draft = deliver(*store, {inbox}, "Return-Path: <its@own>\r\n");
  EXPECT_EQ(store->messages().load(bounce), "Return-Path: <>\r\nx");
  EXPECT_EQ(store->messages().load(draft), "Return-Path: <its@own>\r\n");
  EXPECT_EQ(store->messages().load(draft, Audience::next_hop), "Return-Path: <its@own>\r\n") << "not ours to take off";
}

TEST_P(MessagesTest, ReadingAheadCountsWhatStandsInFront) {
  const NewMessage details{.prefix = "Received: x\r\n", .return_path = "a@b"};
  const std::vector<MessageId> messages{deliver(*store, {inbox}, "1", details), deliver(*store, {inbox}, "2", details)};
  const std::size_t one = store->messages().size(messages[0]);
  EXPECT_THAT(store->messages().load_run(messages, 2 * one - 1), SizeIs(1));
  EXPECT_THAT(store->messages().load_run(messages, 2 * one), SizeIs(2));
}

TEST_P(MessagesTest, AReaderThatHasEnoughIsGivenNoMore) {
  const MessageId message = deliver(*store, {inbox}, std::string(300'000, 'b'));
  std::size_t pieces = 0;
  store->messages().read(message, [&](std::string_view) { return ++pieces < 2; });
  EXPECT_EQ(pieces, 2U);
}

TEST_P(MessagesTest, CountersThatWereSetBackLoseNoMail) {
  for (int i = 0; i < 5; ++i) {
    deliver(*store, {inbox}, "before");
  }
  std::vector<MailboxRepaired> repairs;
  const Subscription listening = store->listen([&](std::span<const Change> changes) {
    for (const Change& change : changes) {
      if (const auto* repaired = std::get_if<MailboxRepaired>(&change)) {
        repairs.push_back(*repaired);
      }
    }
  });
  connect().exec("UPDATE mailbox SET uidnext = 2, highestmodseq = 1 WHERE id = ?", inbox);
  deliver(*store, {inbox}, "after");
  EXPECT_THAT(uids(), ElementsAre(1, 2, 3, 4, 5, 6));
  const std::vector<MailboxEntry> entries = list(*store, inbox);
  EXPECT_GT(entries[5].modseq, entries[4].modseq);
  ASSERT_THAT(repairs, SizeIs(1));
  EXPECT_EQ(repairs[0].mailbox, inbox);
  EXPECT_EQ(repairs[0].uidnext, 6U);
  EXPECT_EQ(repairs[0].highestmodseq, entries[4].modseq);
  EXPECT_GT(repairs[0].uidvalidity, 1U) << "UIDs may have been given to messages that are gone";
  EXPECT_EQ(store->read([&](Read& read) { return find_mailbox(read, inbox)->uidvalidity; }), repairs[0].uidvalidity);
  EXPECT_THAT(checked().problems, IsEmpty());
  deliver(*store, {inbox}, "as usual");
  EXPECT_THAT(repairs, SizeIs(1));
}

TEST_P(MessagesTest, ARowThatCannotBeMadeIsDamageAndNotTakenForDelivered) {
  deliver(*store, {inbox}, "first");
  connect().exec("CREATE UNIQUE INDEX forbids_a_second ON mailbox_message (mailbox_id, internal_date)");
  EXPECT_EQ(error_of([&] { deliver(*store, {inbox}, "second"); }), "store.damaged");
  EXPECT_THAT(uids(), ElementsAre(1));
  connect().exec(is_sqlite() ? "DROP INDEX forbids_a_second" : "DROP INDEX forbids_a_second ON mailbox_message");
  deliver(*store, {inbox}, "second");
  EXPECT_THAT(uids(), ElementsAre(1, 2)) << "nothing was left of the attempt";
  EXPECT_THAT(checked().problems, IsEmpty());
}

}  // namespace
}  // namespace posthouse::store
