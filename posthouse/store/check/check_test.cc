#include "posthouse/store/check/check.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/check/repair.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A folder with a small message (1) and a large one (2), held by a mailbox and a queue, and no store open.
class CheckTest : public OnEachEngine {
 protected:
  void SetUp() override {
    OnEachEngine::SetUp();
    if (IsSkipped()) {
      return;
    }
    auto options = this->options();
    options.body_threshold = 1000;
    options.migrations = {{"queue", {{1, "queue", {"CREATE TABLE q (id $id, message_id BIGINT) $table"}}}}};
    options.references = {{"q", "message_id"}};
    const auto store = Store::open(options);
    const MailboxId inbox = add_mailbox(*store, "ann");
    deliver(*store, {inbox}, std::string(500, 's'));
    deliver(*store, {inbox}, std::string(5000, 'l'));
    write_sql(*store, [](sql::Connection& db) { db.exec("INSERT INTO q (message_id) VALUES (1)"); });
  }

  void damage(const std::string& statement) { connect().exec_script(statement); }
  std::filesystem::path body_file() {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data() + "/bodies")) {
      if (entry.is_regular_file()) {
        return entry.path();
      }
    }
    return {};
  }
  std::vector<std::string> problems() { return checked().problems; }
};

POSTHOUSE_ON_EACH_ENGINE(CheckTest);

TEST_P(CheckTest, ACopyWithoutEmptyFoldersIsWhole) {
  std::filesystem::remove(std::filesystem::path(data()) / "tmp");
  EXPECT_THAT(problems(), IsEmpty());
  std::filesystem::remove_all(std::filesystem::path(data()) / "bodies");
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("message 2: ")));
}

TEST_P(CheckTest, NothingIsWrong) {
  std::vector<std::string> progress;
  CheckOptions options = check_options();
  options.progress = [&](std::string_view what, std::uint64_t, std::uint64_t) { progress.emplace_back(what); };
  const CheckReport report = check(options);
  EXPECT_TRUE(report.clean());
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_THAT(report.leftovers, IsEmpty());
  EXPECT_EQ(report.messages, 2U);
  EXPECT_EQ(report.mailbox_messages, 2U);
  EXPECT_EQ(report.accounts, 1U);
  EXPECT_EQ(report.body_octets, 5500U);
  EXPECT_EQ(report.body_files, 1U);
  EXPECT_FALSE(report.server_running);
  EXPECT_THAT(progress, Contains("messages"));
}

TEST_P(CheckTest, ChangesNothing) {
  if (!is_sqlite()) {
    GTEST_SKIP() << "when a server last wrote cannot be seen";
  }
  const auto before = std::filesystem::last_write_time(data() + "/posthouse.db");
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_EQ(std::filesystem::last_write_time(data() + "/posthouse.db"), before);
}

TEST_P(CheckTest, BesideARunningServer) {
  const auto store = Store::open(options());
  std::ofstream(data() + "/tmp/arriving") << "x";
  const CheckReport report = checked();
  EXPECT_TRUE(report.clean());
  EXPECT_TRUE(report.server_running);
  EXPECT_THAT(report.leftovers, IsEmpty());
}

TEST_P(CheckTest, AChangedOctetInTheDatabase) {
  damage(is_sqlite()
             ? "UPDATE message_body SET body = CAST('S' || substr(CAST(body AS TEXT), 2) AS BLOB) WHERE message_id = 1"
             : "UPDATE message_body SET body = concat('S', substr(body, 2)) WHERE message_id = 1");
  EXPECT_THAT(problems(), ElementsAre(AllOf(HasSubstr("message 1: "), HasSubstr("SHA-256"))));
}

TEST_P(CheckTest, AShorterBodyInTheDatabase) {
  damage("UPDATE message_body SET body = x'00' WHERE message_id = 1");
  EXPECT_THAT(problems(), ElementsAre("message 1: its body has 1 octets instead of 500"));
}

TEST_P(CheckTest, AChangedOctetInAFile) {
  std::fstream file(body_file(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4000);
  file << 'L';
  file.close();
  EXPECT_THAT(problems(), ElementsAre(AllOf(HasSubstr("message 2 "), HasSubstr("SHA-256"))));
}

TEST_P(CheckTest, AShorterFile) {
  std::filesystem::resize_file(body_file(), 4999);
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("4999 octets instead of 5000")));
}

TEST_P(CheckTest, AFileIsMissing) {
  std::filesystem::remove(body_file());
  EXPECT_THAT(problems(), ElementsAre(AllOf(HasSubstr("message 2: "), HasSubstr("cannot be opened"))));
}

TEST_P(CheckTest, AnotherPrefix) {
  damage("UPDATE message_body SET prefix = x'00'");
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("message 1: what stands in front of it")));
}

TEST_P(CheckTest, StrayFilesAreToldButAreNoDamage) {
  std::ofstream(data() + "/bodies/stray") << "x";
  std::ofstream(data() + "/tmp/unfinished") << "x";
  const CheckReport report = checked();
  EXPECT_TRUE(report.clean());
  EXPECT_THAT(report.leftovers, ElementsAre(HasSubstr("bodies/stray"), HasSubstr("tmp/unfinished")));
  EXPECT_EQ(report.leftover_count, 2U);
}

TEST_P(CheckTest, Counters) {
  damage("UPDATE mailbox SET uidnext = 2");
  EXPECT_THAT(problems(), ElementsAre(AllOf(HasSubstr("mailbox 1: highest uid 2, uidnext 2"))));
  damage("UPDATE mailbox SET uidnext = 3, highestmodseq = 1");
  EXPECT_THAT(problems(), ElementsAre(AllOf(HasSubstr("highestmodseq 1"))));
}

TEST_P(CheckTest, NoBodyAndTwoBodies) {
  damage("DELETE FROM message_body WHERE message_id = 1; INSERT INTO message_body (message_id, body) VALUES (2, x'')");
  const auto found = problems();
  EXPECT_THAT(found, Contains("message 1 has no body"));
  EXPECT_THAT(found, Contains("message 2 has two bodies"));
}

TEST_P(CheckTest, RowsWithoutMail) {
  damage(std::string(is_sqlite() ? "PRAGMA foreign_keys = OFF" : "SET SESSION foreign_key_checks = 0") +
         "; DELETE FROM message_body WHERE message_id = 1; DELETE FROM message WHERE id = 1");
  const auto found = problems();
  EXPECT_THAT(found, Contains(AnyOf("mailbox_message row 1 refers to a message that does not exist",
                                    "1 row of mailbox_message refers to a message that does not exist")));
  EXPECT_THAT(found, Contains("q refers to a lost message: message 1"));
}

TEST_P(CheckTest, MailWithoutRows) {
  damage("DELETE FROM mailbox_message");
  EXPECT_THAT(problems(), ElementsAre("mailbox 1: messages is 2 instead of 0", "mailbox 1: unseen is 2 instead of 0",
                                      HasSubstr("mailbox 1: octets is "), "message 2 is in no mailbox and in no queue"))
      << "1 is in the queue";
}

TEST_P(CheckTest, AnAccountWithoutInbox) {
  damage("UPDATE mailbox SET name = 'inbox'");
  EXPECT_THAT(problems(), ElementsAre("account 1 has no INBOX"));
}

TEST_P(CheckTest, ADamagedPage) {
  if (!is_sqlite()) {
    GTEST_SKIP() << "a server's files are not ours to damage";
  }
  const auto database = data() + "/posthouse.db";
  const auto size = std::filesystem::file_size(database);
  std::fstream file(database, std::ios::in | std::ios::out | std::ios::binary);
  for (std::uintmax_t page = 2 * 4096; page < size; page += 4096) {
    file.seekp(static_cast<std::streamoff>(page));
    file << std::string(16, '\xee');
  }
  file.close();
  EXPECT_THAT(error_of([&] {
                if (!problems().empty()) {
                  throw posthouse::Error("found", {.code = "found"});
                }
              }),
              testing::AnyOf("found", "store.not_ours"));
}

// SQLite takes a log up to its first wrong octet for all there was.
TEST_P(CheckTest, DamageInTheLogIsNoticed) {
  if (!is_sqlite()) {
    GTEST_SKIP() << "a server's log is not ours to damage";
  }
  TemporaryFolder copy(fast_folder());
  {
    auto quiet = this->options();
    quiet.wal_limit = 64 * 1024 * 1024;  // nothing is moved out of the log meanwhile
    const auto store = Store::open(quiet);
    for (int i = 0; i < 60; ++i) {
      deliver(*store, {1}, "letter " + std::to_string(i));
    }
    std::filesystem::copy(data(), copy.data(), std::filesystem::copy_options::recursive);  // as a kill leaves it
  }
  CheckOptions options;
  options.data_dir = copy.data();
  EXPECT_THAT(check(options).problems, IsEmpty());
  const std::filesystem::path log = copy.data() + "/posthouse.db-wal";
  std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(60'000);
  file << std::string(100, '\xee');
  file.close();
  EXPECT_THAT(check(options).problems,
              ElementsAre(HasSubstr("messages that were acknowledged are not in the database")));
  const auto store = Store::open(options_for(copy.data()));
  EXPECT_GT(store->missing(), 0U);
  EXPECT_LT(store->missing(), 60U);
  EXPECT_THAT(repair(*store), ElementsAre(HasSubstr("taken for lost")));
  EXPECT_THAT(check(options).problems, IsEmpty());
}

TEST_P(CheckTest, AMessageOfAFailedJobWasNeverAcknowledged) {
  const auto store = Store::open(options());
  EXPECT_THROW(store->write([&](Write& write) {
    BodyWriter writer = store->new_body();
    writer.append("never");
    add_message(write, writer.finish());
    throw posthouse::Error("the job changes its mind");
  }),
               posthouse::Error);
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(CheckTest, ProblemsBeyondTheLimitAreCounted) {
  damage("UPDATE message_body SET body = x'00'; UPDATE mailbox SET uidnext = 1");
  CheckOptions options = check_options();
  options.max_problems = 1;
  const CheckReport report = check(options);
  EXPECT_EQ(report.problems.size(), 1U);
  EXPECT_EQ(report.problem_count, 2U);
}

TEST_P(CheckTest, WhatCannotBeChecked) {
  EXPECT_EQ(error_of([] { check_folder("/nowhere"); }), "store.data_folder");
  if (is_sqlite()) {
    std::filesystem::remove(data() + "/posthouse.db");
    EXPECT_EQ(error_of([&] { checked(); }), "store.data_folder");
  }
}

}  // namespace
}  // namespace posthouse::store
