// How a store is opened, and when it refuses to be.
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "posthouse/store/check/check.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::HasSubstr;

TEST(StoreOpen, OneServerAFolder) {
  TemporaryFolder folder;
  const auto store = Store::open(options_for(folder.data()));
  try {
    Store::open(options_for(folder.data()));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::in_use);
    EXPECT_THAT(error.what(), HasSubstr("(process " + std::to_string(::getpid()) + ")"));
  }
  const auto tool = Store::open(options_for(folder.data(), false));
  const MailboxId inbox = add_mailbox(*tool, "ann");
  deliver(*store, {inbox}, "seen by both");
  EXPECT_EQ(list(*tool, inbox).size(), 1U);
}

TEST(StoreOpen, FoldersThatWillNotDo) {
  TemporaryFolder folder;
  auto options = options_for(folder.data());
  options.create = false;
  EXPECT_EQ(error_of([&] { Store::open(options); }), "store.data_folder");
  std::filesystem::create_directory(folder.data());
  EXPECT_EQ(error_of([&] { Store::open(options); }), "store.data_folder");
  EXPECT_EQ(error_of([&] { Store::open(options_for("")); }), "store.data_folder");
  std::ofstream(folder.path() / "file") << "x";
  EXPECT_EQ(error_of([&] { Store::open(options_for((folder.path() / "file").string())); }), "store.data_folder");
  EXPECT_EQ(error_of([&] { Store::open(options_for((folder.path() / "file/data").string())); }), "store.data_folder");
  EXPECT_EQ(error_of([&] { Store::open(options_for("/proc/nowhere")); }), "store.data_folder");
}

TEST(StoreOpen, FilesThatAreNotOurs) {
  TemporaryFolder folder;
  std::filesystem::create_directory(folder.data());
  const std::string database = folder.data() + "/posthouse.db";
  std::ofstream(database) << std::string(5000, 'x');
  EXPECT_EQ(error_of([&] { Store::open(options_for(folder.data())); }), "store.not_ours");
  std::filesystem::remove(database);
  {
    sql::connect(sql::sqlite_url(database)).exec("CREATE TABLE theirs (x INTEGER)");
  }
  EXPECT_EQ(error_of([&] { Store::open(options_for(folder.data())); }), "store.not_ours");
}

// A database that is missing (a disk not mounted, a folder restored in part) must not cost the mail in files.
TEST(StoreOpen, ANewDatabaseBesideFilesOfMailIsRefused) {
  TemporaryFolder folder;
  auto options = options_for(folder.data());
  options.body_threshold = 100;
  MessageId message = 0;
  {
    const auto store = Store::open(options);
    message = deliver(*store, {add_mailbox(*store, "ann")}, std::string(1000, 'x'));
  }
  const std::filesystem::path database = folder.data() + "/posthouse.db";
  std::filesystem::rename(database, folder.path() / "away");
  for (const bool server : {true, false}) {
    options.server = server;
    EXPECT_EQ(error_of([&] { Store::open(options); }), "store.not_ours");
    EXPECT_FALSE(std::filesystem::exists(database));
  }
  std::filesystem::rename(folder.path() / "away", database);
  options.server = true;
  EXPECT_EQ(Store::open(options)->messages().load(message).size(), 1000U);
}

TEST(StoreOpen, AnOlderDatabaseCostsNoFile) {
  TemporaryFolder folder;
  auto options = options_for(folder.data());
  options.body_threshold = 100;
  const std::filesystem::path database = folder.data() + "/posthouse.db";
  MailboxId inbox = 0;
  {
    const auto store = Store::open(options);
    inbox = add_mailbox(*store, "ann");
  }
  std::filesystem::copy_file(database, folder.path() / "older");
  MessageId message = 0;
  {
    const auto store = Store::open(options);
    message = deliver(*store, {inbox}, std::string(1000, 'x'));
  }
  std::filesystem::rename(database, folder.path() / "newer");
  std::filesystem::copy_file(folder.path() / "older", database);
  EXPECT_EQ(Store::open(options)->sweep().set_aside, 1U);
  std::filesystem::rename(folder.path() / "newer", database);
  const auto store = Store::open(options);
  EXPECT_EQ(store->sweep().restored, 1U);
  EXPECT_EQ(store->messages().load(message).size(), 1000U);
}

TEST(StoreOpen, MailIsNobodyElsesToRead) {
  TemporaryFolder folder;
  std::filesystem::create_directory(folder.data());
  std::filesystem::permissions(folder.data(), std::filesystem::perms(0755));
  const auto store = Store::open(options_for(folder.data()));
  deliver(*store, {add_mailbox(*store, "ann")}, "x");
  for (const auto& entry : std::filesystem::directory_iterator(folder.data())) {
    EXPECT_EQ(entry.status().permissions() & std::filesystem::perms(077), std::filesystem::perms::none) << entry.path();
  }
  EXPECT_THAT(check({.data_dir = folder.data()}).warnings, ::testing::IsEmpty());
  std::filesystem::permissions(folder.data() + "/bodies", std::filesystem::perms(0755));
  EXPECT_THAT(check({.data_dir = folder.data()}).warnings,
              ::testing::ElementsAre(HasSubstr("bodies may be read by others")));
}

TEST(StoreOpen, ADamagedDatabase) {
  TemporaryFolder folder;
  {
    add_mailbox(*Store::open(options_for(folder.data())), "ann");
  }
  std::fstream file(folder.data() + "/posthouse.db", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100);
  file << std::string(3000, '\xff');
  file.close();
  EXPECT_EQ(error_of([&] { Store::open(options_for(folder.data())); }), "store.not_ours");
  EXPECT_EQ(error_of([&] { check_folder(folder.data()); }), "store.not_ours");
}

TEST(StoreOpen, ALockedDatabase) {
  TemporaryFolder folder;
  {
    add_mailbox(*Store::open(options_for(folder.data())), "ann");
  }
  auto other = sql::connect(sql::sqlite_url(folder.data() + "/posthouse.db"));
  other.exec("PRAGMA locking_mode = EXCLUSIVE");
  other.exec("UPDATE mailbox SET uidnext = uidnext");
  auto options = options_for(folder.data());
  options.busy_timeout = std::chrono::milliseconds(1);
  EXPECT_EQ(error_of([&] { Store::open(options); }), "store.locked");
}

TEST(StoreOpen, AWriterElsewhereIsWaitedForAndThenTold) {
  TemporaryFolder folder;
  auto options = options_for(folder.data());
  options.busy_timeout = std::chrono::milliseconds(1);
  const auto store = Store::open(options);
  const MailboxId inbox = add_mailbox(*store, "ann");
  auto other = sql::connect(sql::sqlite_url(folder.data() + "/posthouse.db"));
  other.exec("BEGIN IMMEDIATE");
  try {
    deliver(*store, {inbox}, "not now");
    FAIL();
  } catch (const sql::Error& error) {
    EXPECT_EQ(error.errc(), sql::Errc::busy);
    EXPECT_TRUE(error.retryable());
  }
  other.exec("ROLLBACK");
  deliver(*store, {inbox}, "now");
  EXPECT_EQ(list(*store, inbox).size(), 1U);
}

TEST(StoreOpen, ASettingThatIsNotTakenIsAnError) {
  // A database in memory cannot be in WAL mode; a VFS without shared memory neither. "unix-none" has no locks at all,
  // so stand-ins would be needed for it; the in-memory VFS of SQLite says "memory" when asked for WAL.
  TemporaryFolder folder;
  auto options = options_for(folder.data());
  options.vfs = "memdb";
  EXPECT_EQ(error_of([&] { Store::open(options); }), "store.setting");
}

class StoreOpenOnServer : public OnEachEngine {};

INSTANTIATE_TEST_SUITE_P(Engine, StoreOpenOnServer, testing::Values("mariadb"), sql::engine_name);

TEST_P(StoreOpenOnServer, FolderAndDatabaseBelongTogether) {
  {
    add_mailbox(*Store::open(options()), "ann");
  }
  EXPECT_EQ(files_below(data() + "/bodies"), 0U);
  EXPECT_EQ(error_of([&] { Store::open(options_for(data())); }), "store.not_ours") << "would begin a SQLite file";
  TemporaryFolder other;
  auto elsewhere = options();
  elsewhere.data_dir = other.data();
  EXPECT_EQ(error_of([&] { Store::open(elsewhere); }), "store.not_ours") << "the folder is another one";
  auto another = options();
  another.database = sql::new_database();
  EXPECT_EQ(error_of([&] { Store::open(another); }), "no error") << "an empty folder's mark may be adopted";
  std::filesystem::create_directories(data() + "/bodies/ab");
  std::ofstream(data() + "/bodies/ab/mail") << "x";
  another.database = sql::new_database();
  EXPECT_EQ(error_of([&] { Store::open(another); }), "store.not_ours") << "its large bodies would be taken for rubbish";
  EXPECT_TRUE(std::filesystem::exists(data() + "/bodies/ab/mail"));
  EXPECT_EQ(list(*Store::open(options()), 1).size(), 0U) << "nothing has happened to the old one";
}

TEST_P(StoreOpenOnServer, AFolderWithASqliteFileIsRefused) {
  {
    Store::open(options_for(data()));
  }
  EXPECT_EQ(error_of([&] { Store::open(options()); }), "store.not_ours");
}

TEST_P(StoreOpenOnServer, ADatabaseOfAnotherProgram) {
  connect().exec("CREATE TABLE theirs (x INTEGER)");
  EXPECT_EQ(error_of([&] { Store::open(options()); }), "store.not_ours");
  EXPECT_EQ(connect().query<std::string>("SHOW TABLES").all().size(), 1U) << "it is as it was";
}

TEST_P(StoreOpenOnServer, WhatIsToBeThereAndIsNot) {
  auto options = this->options();
  options.create = false;
  EXPECT_EQ(error_of([&] { Store::open(options); }), "store.data_folder");
  std::filesystem::create_directory(data());
  EXPECT_EQ(error_of([&] { Store::open(options); }), "store.data_folder");
  options.database = "mysql://root@/nowhere?unix_socket=/nowhere";
  EXPECT_EQ(error_of([&] { Store::open(options); }), "store.database");
  options.database = "sqlite:///x.db";
  EXPECT_EQ(error_of([&] { Store::open(options); }), "sql.usage");
}

TEST_P(StoreOpenOnServer, OneServerADatabase) {
  const auto store = Store::open(options());
  TemporaryFolder copy;
  std::filesystem::copy(data(), copy.data(), std::filesystem::copy_options::recursive);
  auto second = options();
  second.data_dir = copy.data();
  EXPECT_EQ(error_of([&] { Store::open(second); }), "store.in_use") << "on another machine, say";
}

/// Gives a setting of the server back.
class GlobalSetting {
 public:
  GlobalSetting(std::string name, int value) : name_(std::move(name)) { set(value); }
  GlobalSetting(const GlobalSetting&) = delete;
  GlobalSetting& operator=(const GlobalSetting&) = delete;
  ~GlobalSetting() { set(1); }

 private:
  void set(int value) {
    sql::connect(sql::mariadb()->url()).exec("SET GLOBAL " + name_ + " = " + std::to_string(value));
  }
  std::string name_;
};

TEST_P(StoreOpenOnServer, AServerThatAnswersBeforeTheDiskIsRefused) {
  const GlobalSetting setting("innodb_flush_log_at_trx_commit", 2);
  try {
    Store::open(options());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::setting);
    EXPECT_THAT(error.what(), HasSubstr("innodb_flush_log_at_trx_commit = 2"));
    EXPECT_THAT(error.what(), HasSubstr("set innodb_flush_log_at_trx_commit = 1"));
  }
}

TEST_P(StoreOpenOnServer, ErrorsDoNotTellThePassword) {
  auto options = this->options();
  options.database = "mysql://posthouse:geheim@127.0.0.1:1/house";
  try {
    Store::open(options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::database);
    EXPECT_THAT(error.what(), HasSubstr("mysql://127.0.0.1:1/house"));
    EXPECT_THAT(error.what(), testing::Not(HasSubstr("geheim")));
  }
}

}  // namespace
}  // namespace posthouse::store
