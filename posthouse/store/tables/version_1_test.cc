// Data of the first schema: what it holds is read as before, and it is no data of an older program any more.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/tables/schema.h"
#include "posthouse/store/tables/version_1_testing.h"

namespace posthouse::store {
namespace {

using ::testing::IsEmpty;

class Version1 : public OnEachEngine {
 protected:
  void SetUp() override {
    OnEachEngine::SetUp();
    if (IsSkipped()) {
      return;
    }
    std::filesystem::create_directories(data());
    auto db = connect();
    make_version_1(data(), db);
  }
};

POSTHOUSE_ON_EACH_ENGINE(Version1);

std::string read_in_pieces(Store& store, MessageId message, Audience audience) {
  std::string text;
  store.messages().read(
      message,
      [&](std::string_view piece) {
        text += piece;
        return true;
      },
      audience);
  return text;
}

TEST_P(Version1, LettersAreReadAsTheyWere) {
  const auto store = Store::open(options());
  const std::vector<OldLetter> letters = old_letters();
  std::vector<MessageId> in_mailbox;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    SCOPED_TRACE(i);
    const auto message = static_cast<MessageId>(i + 1);
    EXPECT_EQ(store->messages().load(message), letters[i].body());
    EXPECT_EQ(store->messages().size(message), letters[i].body().size());
    EXPECT_TRUE(read_in_pieces(*store, message, Audience::mailbox) == letters[i].body());
    EXPECT_TRUE(store->messages().load(message, Audience::next_hop) == letters[i].rest) << "ours stays at home";
    EXPECT_EQ(store->messages().size(message, Audience::next_hop), letters[i].rest.size());
    EXPECT_TRUE(read_in_pieces(*store, message, Audience::next_hop) == letters[i].rest);
    if (letters[i].in_mailbox) {
      in_mailbox.push_back(message);
      texts.push_back(letters[i].body());
    }
  }
  const auto entries = list(*store, 1);
  ASSERT_EQ(entries.size(), in_mailbox.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(entries[i].message, in_mailbox[i]);
    EXPECT_EQ(entries[i].size, texts[i].size());
  }
  deliver(*store, {1}, "Subject: new\r\n\r\n", {.prefix = "Received: x\r\n", .return_path = "a@b.test"});
  EXPECT_EQ(list(*store, 1).back().uid, entries.back().uid + 1);
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(Version1, WhatMailboxesHoldIsCounted) {
  std::size_t messages = 0;
  std::size_t octets = 0;
  for (const OldLetter& letter : old_letters()) {
    messages += letter.in_mailbox ? 1 : 0;
    octets += letter.in_mailbox ? letter.body().size() : 0;
  }
  {
    auto db = connect();
    db.exec("UPDATE mailbox_message SET uid = uid + 5000, flags = 9 WHERE uid = 2");
    db.exec("UPDATE mailbox SET uidnext = 9000");
  }
  const auto store = Store::open(options());
  const Mailbox mailbox = store->read([](Read& read) { return inbox(read, 1); });
  EXPECT_EQ(mailbox.messages, messages);
  EXPECT_EQ(mailbox.unseen, messages - 1);
  EXPECT_EQ(mailbox.deleted, 1U);
  EXPECT_EQ(mailbox.octets, octets);
  EXPECT_EQ(mailbox.uidvalidity, 1764000000U);
  EXPECT_EQ(mailbox.highestmodseq, messages + 1);
  EXPECT_EQ(mailbox.recent_uid, 9000U) << "old letters are not recent";
  store->read([&](Read& read) {
    EXPECT_EQ(sequence_number_of(read, 1, 5002), messages);
    EXPECT_EQ(expunged_since(read, 1, mailbox.highestmodseq - 1), std::nullopt) << "what went before is not known";
    EXPECT_EQ(expunged_since(read, 1, mailbox.highestmodseq), std::vector<UidRange>());
    EXPECT_EQ(subscriptions(read, 1), std::vector<std::string>{"INBOX"});
  });
  EXPECT_GT(store->write([](Write& write) { return create_mailbox(write, 1, "a").uidvalidity; }), mailbox.uidvalidity);
  deliver(*store, {1}, "new");
  EXPECT_EQ(list(*store, 1).back().uid, 9000U);
  EXPECT_GT(list(*store, 1).back().modseq, mailbox.highestmodseq);
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(Version1, FlagsHaveRoomForAllBits) {
  const auto store = Store::open(options());
  std::vector<std::string> names;
  for (int i = 0; i < 60; ++i) {
    names.push_back("k" + std::to_string(i));
  }
  const Uid one[] = {1};
  store->write([&](Write& write) { store_flags(write, 1, one, {.keywords = names}); });
  EXPECT_GT(list(*store, 1).front().flags, flag::more_keywords);
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(Version1, IsNotOpenedByThatProgramAgain) {
  Store::open(options())->stop();
  MigrationSet old = store_migrations();
  old.migrations.resize(1);
  auto db = connect();
  EXPECT_EQ(error_of([&] { migrate(db, {old}); }), "store.schema_too_new");
}

TEST_P(Version1, AChangeOfSchemaThatWasBrokenOffIsFinished) {
  if (is_sqlite()) {
    GTEST_SKIP() << "there a step is done as a whole or not at all";
  }
  auto db = connect();
  db.exec("ALTER TABLE message ADD COLUMN prefix LONGBLOB");
  db.exec("ALTER TABLE message DROP COLUMN structure");
  db.exec("CREATE TABLE dead_mailbox (mailbox_id BIGINT PRIMARY KEY)");
  db.exec("ALTER TABLE mailbox ADD COLUMN messages BIGINT NOT NULL DEFAULT 0");
  db.exec("ALTER TABLE mailbox_message MODIFY flags BIGINT NOT NULL");
  db.exec("CREATE INDEX mailbox_message_by_modseq ON mailbox_message (mailbox_id, modseq)");
  const auto store = Store::open(options());
  EXPECT_EQ(store->messages().load(2), old_letters()[1].body());
  EXPECT_THAT(checked().problems, IsEmpty());
}

}  // namespace
}  // namespace posthouse::store
