#include "posthouse/store/backup/backup.h"

#include <atomic>
#include <fstream>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/backup/files.h"
#include "posthouse/store/mailboxes/expunge.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

/// A house with a small letter and a large one.
class BackupTest : public ::testing::Test {
 protected:
  BackupTest() {
    deliver(*store_, {inbox_}, std::string(500, 's'));
    deliver(*store_, {inbox_}, std::string(5000, 'l'));
  }

  StoreOptions house() const {
    StoreOptions options = options_for(folder_.file("house"));
    options.body_threshold = 1000;
    return options;
  }
  fs::path data() const { return house().data_dir; }
  fs::path target() const { return folder_.file("backup"); }
  fs::path again() const { return folder_.file("again"); }
  static std::vector<std::string> problems(const fs::path& folder) {
    CheckOptions options;
    options.data_dir = folder;
    return check(options).problems;
  }
  static std::uint64_t letters(const fs::path& folder) {
    CheckOptions options;
    options.data_dir = folder;
    return check(options).messages;
  }

  TemporaryFolder folder_{fast_folder()};
  std::shared_ptr<Store> store_ = Store::open(house());
  MailboxId inbox_ = add_mailbox(*store_, "ann");
};

TEST_F(BackupTest, IsAHouseWithEveryLetter) {
  std::ofstream(data() / "key.pem") << "a key\n";
  fs::create_directories(data() / "dkim/one.test");
  std::ofstream(data() / "dkim/one.test/a.pem") << "another\n";
  const BackupReport report = backup(data(), target());
  EXPECT_EQ(report.files_copied, 3U);
  EXPECT_THAT(problems(target()), ElementsAre());
  EXPECT_EQ(letters(target()), 2U);
  EXPECT_EQ(files_to_copy(target()), files_to_copy(data()));
  EXPECT_FALSE(fs::exists(target() / "lock"));
  EXPECT_EQ(fs::status(target()).permissions(), fs::perms::owner_all);
}

TEST_F(BackupTest, CopiesOnlyWhatHasChanged) {
  backup(data(), target());
  deliver(*store_, {inbox_}, std::string(6000, 'm'));
  const BackupReport second = backup(data(), target());
  EXPECT_EQ(second.files_copied, 1U);
  EXPECT_EQ(second.files_kept, 1U);
  EXPECT_EQ(letters(target()), 3U);
  write_sql(*store_, [](sql::Connection& db) { db.exec("DELETE FROM mailbox_message"); });
  write_sql(*store_, [](sql::Connection& db) {
    db.exec("DELETE FROM message_file");
    db.exec("DELETE FROM message_body");
    db.exec("DELETE FROM message");
  });
  const BackupReport third = backup(data(), target());
  EXPECT_EQ(third.files_removed, 2U);
  EXPECT_EQ(letters(target()), 0U);
}

TEST_F(BackupTest, WhileMailComesAndGoesItIsWhole) {
  std::atomic<bool> stop{false};
  std::thread sender([&] {
    while (!stop) {
      deliver(*store_, {inbox_}, std::string(3000, 'x'));
    }
  });
  for (int i = 0; i < 5; ++i) {
    backup(data(), target());
    EXPECT_THAT(problems(target()), ElementsAre());
  }
  stop = true;
  sender.join();
}

TEST_F(BackupTest, TakesNoFolderOfOthers) {
  fs::create_directories(target());
  std::ofstream(target() / "thesis.tex") << "years of work";
  try {
    backup(data(), target());
    FAIL() << "the folder is not empty";
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::data_folder);
  }
  EXPECT_EQ(files_to_copy(target()), std::vector<std::string>{"thesis.tex"});
  EXPECT_THROW(backup(folder_.file("nowhere"), folder_.file("new")), Error);
  EXPECT_FALSE(fs::exists(folder_.file("new")));
}

TEST_F(BackupTest, OneThatCannotBeFinishedLeavesTheOneBefore) {
  backup(data(), target());
  deliver(*store_, {inbox_}, std::string(7000, 'n'));
  fs::create_directories(target() / "posthouse.db.new/full");  // the database cannot be written
  EXPECT_THROW(backup(data(), target()), posthouse::Error);
  fs::remove_all(target() / "posthouse.db.new");
  EXPECT_THAT(problems(target()), ElementsAre());
  EXPECT_EQ(letters(target()), 2U);
}

TEST_F(BackupTest, ABodyThatIsGoneIsTold) {
  for (const std::string& file : files_to_copy(data())) {
    fs::remove(data() / file);
  }
  try {
    backup(data(), target());
    FAIL() << "a body is missing";
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::body_file);
    EXPECT_THAT(error.what(), HasSubstr("posthouse check"));
  }
}

TEST_F(BackupTest, IsRestoredIntoAnEmptyFolderOnly) {
  backup(data(), target());
  restore(target(), again());
  EXPECT_THAT(problems(again()), ElementsAre());
  EXPECT_EQ(letters(again()), 2U);
  EXPECT_FALSE(fs::exists(again() / backup_mark)) << "a house is no backup";
  EXPECT_THROW(restore(target(), again()), Error);
  EXPECT_THROW(restore(data(), folder_.file("third")), Error) << "a house is no backup";
  fs::remove_all(target() / "bodies");
  EXPECT_THROW(restore(target(), folder_.file("fourth")), Error);
  EXPECT_FALSE(fs::exists(folder_.file("fourth") + "/posthouse.db"));
}

TEST_F(BackupTest, WhatWasGivenOutSinceIsNeverGivenAgain) {
  backup(data(), target());
  std::set<MessageId> since;
  for (int i = 0; i < 3; ++i) {
    since.insert(deliver(*store_, {inbox_}, std::string(10, 'y')));
  }
  const auto before = read_sql(*store_, [](sql::Connection& db) {
    return db.query_one<std::int64_t, std::int64_t, std::int64_t>(
        "SELECT uidnext, highestmodseq, uidvalidity FROM mailbox");
  });
  restore(target(), again());
  StoreOptions options = house();
  options.data_dir = again();
  const auto store = Store::open(options);
  step_over(*store);
  const auto after = read_sql(*store, [](sql::Connection& db) {
    return db.query_one<std::int64_t, std::int64_t, std::int64_t>(
        "SELECT uidnext, highestmodseq, uidvalidity FROM mailbox");
  });
  EXPECT_GT(std::get<0>(after), std::get<0>(before));
  EXPECT_GT(std::get<1>(after), std::get<1>(before));
  EXPECT_EQ(std::get<2>(after), std::get<2>(before)) << "nobody fetches all of it again";
  store->read([&](Read& read) {
    EXPECT_EQ(expunged_since(read, inbox_, static_cast<std::uint64_t>(std::get<1>(before))), std::nullopt);
  });
  EXPECT_EQ(read_sql(*store,
                     [&](sql::Connection& db) {
                       return db.query_one<int>("SELECT count(*) FROM mailbox_message WHERE modseq > ?",
                                                std::get<1>(before));
                     }),
            2);
  EXPECT_FALSE(since.contains(deliver(*store, {inbox_}, "after")));
  EXPECT_THAT(problems(again()), ElementsAre());
}

}  // namespace
}  // namespace posthouse::store
