// Mailboxes by name: made, renamed, removed, subscribed to.
#include "posthouse/store/mailboxes/mailboxes.h"

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class MailboxesTest : public StoreOnEachEngine {
 protected:
  std::optional<Mailbox> find(MailboxId mailbox) {
    return store->read([&](Read& read) { return find_mailbox(read, mailbox); });
  }
  std::optional<Mailbox> find(std::string_view name) {
    return store->read([&](Read& read) { return find_mailbox(read, account, name); });
  }
  Mailbox create(std::string_view name, SpecialUse use = SpecialUse::none) {
    return store->write([&](Write& write) { return create_mailbox(write, account, name, use); });
  }
  void rename(std::string_view from, std::string_view to) {
    store->write([&](Write& write) { rename_mailbox(write, account, from, to); });
  }
  void remove(std::string_view name) {
    store->write([&](Write& write) { remove_mailbox(write, account, name); });
  }
  std::vector<std::string> names() {
    std::vector<std::string> found;
    for (const Mailbox& mailbox : store->read([&](Read& read) { return list_mailboxes(read, account); })) {
      found.push_back(mailbox.name);
    }
    return found;
  }
  std::vector<std::string> subscribed() {
    return store->read([&](Read& read) { return subscriptions(read, account); });
  }
  /// Waits until the housekeeper has nothing left to do.
  void wait_for_housekeeper() {
    while (read_sql(*store,
                    [](sql::Connection& db) { return db.query_one<int>("SELECT count(*) FROM dead_mailbox"); }) != 0) {
      std::this_thread::yield();
    }
  }
};

POSTHOUSE_ON_EACH_ENGINE(MailboxesTest);

TEST(MailboxNames, AreNetUnicodeWithLevels) {
  EXPECT_EQ(normalize_mailbox_name("Entwu\u0308rfe/\u8349\u7A3F"), "Entw\u00FCrfe/\u8349\u7A3F");
  EXPECT_EQ(normalize_mailbox_name("inbox"), "INBOX");
  EXPECT_EQ(normalize_mailbox_name("InBox/a"), "INBOX/a");
  EXPECT_EQ(normalize_mailbox_name("a/inbox"), "a/inbox");
  EXPECT_EQ(normalize_mailbox_name("inboxes"), "inboxes");
  EXPECT_EQ(normalize_mailbox_name(std::string(255, 'x')), std::string(255, 'x'));
  std::string characters;
  for (int i = 0; i < 255; ++i) {
    characters += "\u8349";
  }
  EXPECT_EQ(normalize_mailbox_name(characters), characters);
  for (const std::string bad : {"", "/", "/a", "a/", "a//b", "a*", "%", "a\nb", "a\x7F", "\xFF", "a\u2028"}) {
    EXPECT_EQ(normalize_mailbox_name(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(normalize_mailbox_name(std::string(256, 'x')), std::nullopt);
  EXPECT_EQ(normalize_mailbox_name(characters + "\u8349"), std::nullopt);
}

TEST_P(MailboxesTest, AreMadeWithThoseAbove) {
  const Mailbox made = create("Lists/c++/std", SpecialUse::archive | SpecialUse::flagged);
  EXPECT_THAT(names(), ElementsAre("INBOX", "Lists", "Lists/c++", "Lists/c++/std"));
  EXPECT_EQ(find("Lists/c++/std"), made);
  EXPECT_EQ(made.uidnext, 1U);
  EXPECT_TRUE(has(made.special_use, SpecialUse::archive));
  EXPECT_TRUE(has(made.special_use, SpecialUse::flagged));
  EXPECT_FALSE(has(made.special_use, SpecialUse::sent));
  EXPECT_EQ(find("Lists")->special_use, SpecialUse::none);
  EXPECT_EQ(find("Lists")->highestmodseq, made.highestmodseq) << "by one change";
  EXPECT_EQ(create("other").highestmodseq, made.highestmodseq + 1);
  EXPECT_EQ(find("iNBOX")->name, "INBOX");
  EXPECT_EQ(error_of([&] { create("Lists"); }), "store.exists");
  EXPECT_EQ(error_of([&] { create("inbox"); }), "store.exists");
  EXPECT_EQ(error_of([&] { create("a//b"); }), "store.invalid_name");
  EXPECT_EQ(error_of([&] { store->write([](Write& write) { create_mailbox(write, 4711, "x"); }); }),
            "store.no_such_account");
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(MailboxesTest, ARenamedOneTakesThoseBelowAlong) {
  const MailboxId moved = create("a/b/c").id;
  create("a-side");
  create("ab");
  const std::uint32_t uidvalidity = find(moved)->uidvalidity;
  rename("a", "x/y");
  EXPECT_THAT(names(), ElementsAre("INBOX", "a-side", "ab", "x", "x/y", "x/y/b", "x/y/b/c"));
  EXPECT_EQ(find("x/y/b/c")->id, moved);
  EXPECT_EQ(find(moved)->uidvalidity, uidvalidity);
  rename("x/y/b", "x/y2");
  rename("x/y2", "x/y/b");
  EXPECT_EQ(find(moved)->uidvalidity, uidvalidity) << "nothing else had that name";
  EXPECT_EQ(error_of([&] { rename("nowhere", "z"); }), "store.no_such_mailbox");
  EXPECT_EQ(error_of([&] { rename("x", "ab"); }), "store.exists");
  EXPECT_EQ(error_of([&] { rename("x", "x/below"); }), "store.invalid_name");
  EXPECT_EQ(error_of([&] { rename("x", std::string(250, 'n')); }), "store.invalid_name") << "names below get too long";
  create("z/y");
  remove("z");
  EXPECT_EQ(error_of([&] { rename("x", "z"); }), "store.exists") << "z/y";
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(MailboxesTest, OneOfTheSameKindMayTakeTheNameOfTheOneAbove) {
  create("a/b/b");
  create("a/b/c");
  remove("a");
  rename("a/b", "a");
  EXPECT_THAT(names(), ElementsAre("INBOX", "a", "a/b", "a/c"));
}

TEST_P(MailboxesTest, InboxIsRenamedByLeavingItEmpty) {
  create("INBOX/below");
  const Mailbox before = *find("INBOX");
  deliver(*store, {before.id}, "x");
  rename("inbox", "2026/old");
  EXPECT_THAT(names(), ElementsAre("2026", "2026/old", "INBOX", "INBOX/below"));
  EXPECT_EQ(find("2026/old")->messages, 1U);
  EXPECT_EQ(find("INBOX")->messages, 0U);
  EXPECT_GT(find("INBOX")->uidvalidity, before.uidvalidity);
  EXPECT_EQ(store->accounts().find_account("ann@one.test")->inbox, find("INBOX")->id);
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(MailboxesTest, UidvalidityGrowsWithEveryIncarnationOfAName) {
  std::uint32_t last = 0;
  for (int i = 0; i < 5; ++i) {
    const std::uint32_t uidvalidity = create("again").uidvalidity;
    EXPECT_GT(uidvalidity, last);
    last = uidvalidity;
    remove("again");
  }
  const std::uint32_t older = create("older").uidvalidity;
  EXPECT_GT(create("again").uidvalidity, older);
  remove("again");
  rename("older", "again");
  EXPECT_GT(find("again")->uidvalidity, older) << "the one that had the name last had a higher one";
}

TEST_P(MailboxesTest, ARemovedOneIsGoneAtOnceAndEmptiedInSlices) {
  const MailboxId trash = create("trash").id;
  const MailboxId below = create("trash/below").id;
  const MailboxId inbox = find("INBOX")->id;
  const StoredBody body = body_of(*store, "x");
  store->write([&](Write& write) {
    for (int i = 0; i < 450; ++i) {
      add_to_mailbox(write, trash, add_message(write, body), Moment());
    }
  });
  deliver(*store, {trash, inbox}, "kept");
  std::size_t longest = 0;
  std::size_t statements = 0;
  write_sql(*store, [&](sql::Connection& db) {
    db.set_trace([&](const sql::TraceEvent& event) {
      statements = event.statement.starts_with("SAVEPOINT") ? 0 : statements + 1;
      longest = std::max(longest, statements);
    });
  });
  remove("trash");
  EXPECT_THAT(names(), ElementsAre("INBOX", "trash/below"));
  EXPECT_EQ(find(trash), std::nullopt);
  EXPECT_EQ(error_of([&] { deliver(*store, {trash}, "late"); }), "store.no_such_mailbox");
  EXPECT_EQ(error_of([&] { remove("trash"); }), "store.no_such_mailbox");
  EXPECT_EQ(error_of([&] { remove("INBOX"); }), "store.invalid_name");
  EXPECT_NE(create("trash").id, trash);
  wait_for_housekeeper();
  write_sql(*store, [](sql::Connection& db) { db.set_trace({}); });
  EXPECT_LE(longest, 60U);
  EXPECT_EQ(read_sql(*store, [](sql::Connection& db) { return db.query_one<int>("SELECT count(*) FROM message"); }), 1);
  EXPECT_THAT(list(*store, inbox), SizeIs(1));
  EXPECT_TRUE(find(below));
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(MailboxesTest, WhatIsLeftOfARemovedOneTheNextServerRemoves) {
  const MailboxId trash = create("trash").id;
  deliver(*store, {trash}, "x");
  store.reset();
  {
    auto db = connect();  // as remove_mailbox has left it when the machine stopped
    db.exec("UPDATE mailbox SET name = ? WHERE id = ?", "/" + std::to_string(trash), trash);
    db.exec("INSERT INTO dead_mailbox (mailbox_id) VALUES (?)", trash);
  }
  EXPECT_THAT(checked().problems, IsEmpty());
  store = Store::open(options());
  wait_for_housekeeper();
  EXPECT_EQ(read_sql(*store, [](sql::Connection& db) { return db.query_one<int>("SELECT count(*) FROM message"); }), 0);
}

TEST_P(MailboxesTest, AnAccountGoesWithMailboxesThatWereRemoved) {
  const MailboxId trash = create("trash").id;
  deliver(*store, {trash}, "x");
  auto db = connect();
  db.exec("UPDATE mailbox SET name = ? WHERE id = ?", "/" + std::to_string(trash), trash);
  db.exec("INSERT INTO dead_mailbox (mailbox_id) VALUES (?)", trash);
  store->accounts().remove_account("ann@one.test");
  for (const char* table : {"mailbox", "message", "account_counter", "dead_mailbox", "subscription"}) {
    EXPECT_EQ(db.query_one<int>(std::string("SELECT count(*) FROM ") + table), 0) << table;
  }
}

TEST_P(MailboxesTest, SubscriptionsAreOfNames) {
  const auto subscribe = [&](std::string_view name) {
    return store->write([&](Write& write) { return store::subscribe(write, account, name); });
  };
  const auto unsubscribe = [&](std::string_view name) {
    return store->write([&](Write& write) { return store::unsubscribe(write, account, name); });
  };
  EXPECT_TRUE(subscribe("not there"));
  EXPECT_TRUE(subscribe("inbox"));
  EXPECT_FALSE(subscribe("Inbox"));
  create("a");
  EXPECT_TRUE(subscribe("a"));
  remove("a");
  EXPECT_THAT(subscribed(), ElementsAre("INBOX", "a", "not there")) << "RFC 9051 section 6.3.7";
  EXPECT_TRUE(unsubscribe("a"));
  EXPECT_FALSE(unsubscribe("a"));
  EXPECT_FALSE(unsubscribe("//"));
  EXPECT_EQ(error_of([&] { subscribe("//"); }), "store.invalid_name");
  EXPECT_THAT(subscribed(), ElementsAre("INBOX", "not there"));
}

TEST_P(MailboxesTest, ANewAccountHasThoseThatClientsLookFor) {
  store->accounts().add_account("bob@one.test", "secret words");
  account = store->accounts().find_account("bob@one.test")->id;
  EXPECT_THAT(names(), ElementsAre("Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash"));
  EXPECT_EQ(subscribed(), names());
  EXPECT_EQ(find("Junk")->special_use, SpecialUse::junk);
  EXPECT_EQ(find("INBOX")->special_use, SpecialUse::none);
  account = write_sql(*store, [](sql::Connection& db) {
    db.exec(
        "INSERT INTO account (domain_id, local_part, password_hash, enabled, created_at) VALUES (1, 'li', '', 1, 0)");
    return db.last_insert_id();
  });
  store->write([&](Write& write) { create_first_mailboxes(write, account, Language::chinese); });
  EXPECT_THAT(names(), ElementsAre("INBOX", "垃圾邮件", "已删除", "已发送", "归档", "草稿箱"));
  EXPECT_EQ(find("归档")->special_use, SpecialUse::archive);
  EXPECT_THAT(checked().problems, IsEmpty());
}

}  // namespace
}  // namespace posthouse::store
