// Every write and sync of the database is made to fail once, and the power is cut: what was acknowledged is there, what
// was refused is there entirely or not at all.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/sampled.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include "posthouse/store/database/fault_vfs.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::IsEmpty;

constexpr int letters = 6;

std::string letter(int number) {
  return "letter " + std::to_string(number) + std::string(5000, 'x');
}

/// What happened to each letter.
struct Outcome {
  bool acknowledged = false;
  bool refused = false;
};

StoreOptions faulty_options(const std::string& data) {
  StoreOptions options = options_for(data);
  options.vfs = "faulty";
  options.wal_limit = 64 * 1024;  // so that checkpoints are part of it
  return options;
}

/// One letter to two mailboxes, by one job.
Outcome send(Store& store, const std::vector<MailboxId>& mailboxes, int number) {
  try {
    deliver(store, mailboxes, letter(number));
    return {true, false};
  } catch (const posthouse::Error& error) {
    EXPECT_TRUE(error.retryable()) << error.what();
    return {false, true};
  }
}

/// Opens what a crash has left and compares with what was said about it.
void verify(const std::string& data, const std::vector<MailboxId>& mailboxes, const std::vector<Outcome>& outcomes) {
  const auto store = Store::open(options_for(data));
  std::vector<std::vector<std::string>> found;
  for (const MailboxId mailbox : mailboxes) {
    found.emplace_back();
    for (const MailboxEntry& entry : list(*store, mailbox)) {
      found.back().push_back(store->messages().load(entry.message));
    }
  }
  EXPECT_EQ(found.front(), found.back()) << "a letter was half delivered";
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto count = std::count(found.front().begin(), found.front().end(), letter(static_cast<int>(i)));
    EXPECT_GE(count, outcomes[i].acknowledged ? 1 : 0) << "letter " << i << " was acknowledged";
    EXPECT_LE(count, 1) << "letter " << i;
  }
  EXPECT_THAT(check_folder(data).problems, IsEmpty());
}

/// A copy of the data folder whose database is as a power cut leaves it.
std::string after_power_cut(const TemporaryFolder& folder, const std::string& name, const std::function<bool()>& keep) {
  const auto copy = folder.path() / name;
  std::filesystem::create_directories(copy);
  FaultVfs::instance().power_cut(copy.string(), keep);
  return copy.string();
}

class EveryFault : public testing::TestWithParam<std::tuple<FaultPlan::Kind, bool>> {};

TEST_P(EveryFault, OneWriterOneLetterACommit) {
  const auto [kind, from_then_on] = GetParam();
  FaultVfs& vfs = FaultVfs::instance();
  std::mt19937 random(1);
  bool failed = true;
  for (std::uint64_t at = 1; failed; at += test::stride) {
    SCOPED_TRACE("operation " + std::to_string(at));
    TemporaryFolder folder(fast_folder());
    std::vector<Outcome> outcomes;
    std::vector<MailboxId> mailboxes;
    {
      vfs.start({});
      const auto store = Store::open(faulty_options(folder.data()));
      mailboxes = {add_mailbox(*store, "ann"), add_mailbox(*store, "bob")};
      vfs.start({kind, at, from_then_on});
      for (int i = 0; i < letters; ++i) {
        outcomes.push_back(send(*store, mailboxes, i));
      }
      failed = vfs.failed();
      verify(after_power_cut(folder, "synced", [] { return false; }), mailboxes, outcomes);
      verify(after_power_cut(folder, "written", [] { return true; }), mailboxes, outcomes);
      verify(after_power_cut(folder, "some", [&] { return random() % 2 == 0; }), mailboxes, outcomes);
      vfs.heal();
      outcomes.push_back(send(*store, mailboxes, letters));
      EXPECT_TRUE(outcomes.back().acknowledged) << "the store goes on";
    }
    verify(folder.data(), mailboxes, outcomes);
    if (::testing::Test::HasFailure() || at > 1000) {
      break;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Store, EveryFault,
                         testing::Values(std::tuple(FaultPlan::Kind::io_error, false),
                                         std::tuple(FaultPlan::Kind::io_error, true),
                                         std::tuple(FaultPlan::Kind::full, true),
                                         std::tuple(FaultPlan::Kind::torn_write, false)));

TEST(Faults, GroupCommitsFailAsAWhole) {
  FaultVfs& vfs = FaultVfs::instance();
  for (std::uint64_t at = 1; at < 60; at += 3 * test::stride) {
    SCOPED_TRACE("operation " + std::to_string(at));
    TemporaryFolder folder(fast_folder());
    std::vector<Outcome> outcomes(16);
    std::vector<MailboxId> mailboxes;
    vfs.start({});
    const auto store = Store::open(faulty_options(folder.data()));
    mailboxes = {add_mailbox(*store, "ann"), add_mailbox(*store, "bob")};
    vfs.start({FaultPlan::Kind::io_error, at, false});
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      threads.emplace_back([&, i] { outcomes[i] = send(*store, mailboxes, static_cast<int>(i)); });
    }
    for (auto& thread : threads) {
      thread.join();
    }
    verify(after_power_cut(folder, "synced", [] { return false; }), mailboxes, outcomes);
    vfs.heal();
    outcomes.push_back(send(*store, mailboxes, 16));
    EXPECT_TRUE(outcomes.back().acknowledged);
  }
}

/// What clients do to mailboxes, a job each; true when all of it was done.
bool change_mailboxes(Store& store, AccountId account, MailboxId inbox) {
  const std::vector<Uid> some{1, 2};
  const std::vector<Uid> last{4};
  MailboxId other = 0;
  const std::vector<std::function<void(Write&)>> jobs{
      [&](Write& write) { other = create_mailbox(write, account, "a/b").id; },
      [&](Write& write) { store_flags(write, inbox, some, {.system = flag::seen, .keywords = {"k"}}); },
      [&](Write& write) { copy_messages(write, inbox, some, other); },
      [&](Write& write) { move_messages(write, inbox, some, other); },
      [&](Write& write) { expunge(write, inbox, last); },
      [&](Write& write) { rename_mailbox(write, account, "a", "c"); },
      [&](Write& write) { subscribe(write, account, "c"); },
      [&](Write& write) { remove_mailbox(write, account, "c/b"); }};
  bool all = true;
  for (const auto& job : jobs) {
    try {
      store.write(job);
    } catch (const posthouse::Error&) {
      all = false;
    }
  }
  return all;
}

TEST(Faults, WhatIsDoneToMailboxesIsDoneAsAWhole) {
  FaultVfs& vfs = FaultVfs::instance();
  std::mt19937 random(1);
  bool failed = true;
  for (std::uint64_t at = 1; failed; ++at) {
    SCOPED_TRACE("operation " + std::to_string(at));
    TemporaryFolder folder(fast_folder());
    vfs.start({});
    {
      const auto store = Store::open(faulty_options(folder.data()));
      const MailboxId inbox = add_mailbox(*store, "ann");
      const AccountId account = store->read([&](Read& read) { return find_mailbox(read, inbox)->account; });
      for (int i = 0; i < 4; ++i) {
        deliver(*store, {inbox}, letter(i));
      }
      vfs.start({FaultPlan::Kind::io_error, at, false});
      const bool all = change_mailboxes(*store, account, inbox);
      failed = vfs.failed();
      EXPECT_TRUE(failed || all);
      for (const bool some : {false, true}) {
        const std::string copy =
            after_power_cut(folder, some ? "some" : "synced", [&] { return some && random() % 2 == 0; });
        Store::open(options_for(copy));
        EXPECT_THAT(check_folder(copy).problems, IsEmpty());
      }
      vfs.heal();
      deliver(*store, {inbox}, "the store goes on");
    }
    EXPECT_THAT(check_folder(folder.data()).problems, IsEmpty());
    if (::testing::Test::HasFailure() || at > 1000) {
      break;
    }
  }
}

TEST(Faults, OpeningFailsCleanlyAndWorksTheNextTime) {
  FaultVfs& vfs = FaultVfs::instance();
  bool failed = true;
  for (std::uint64_t at = 1; failed; at += test::stride) {
    SCOPED_TRACE("operation " + std::to_string(at));
    TemporaryFolder folder(fast_folder());
    vfs.start({FaultPlan::Kind::io_error, at, true});
    EXPECT_NE(error_of([&] { Store::open(faulty_options(folder.data())); }), "error");
    failed = vfs.failed();
    vfs.heal();
    const auto store = Store::open(faulty_options(folder.data()));
    deliver(*store, {add_mailbox(*store, "ann")}, "hello");
    if (::testing::Test::HasFailure() || at > 1000) {
      break;
    }
  }
}

TEST(Faults, AKeptBodyFileOfAFailedCommitGoesOnceItIsSureThatNobodyNeedsIt) {
  FaultVfs& vfs = FaultVfs::instance();
  TemporaryFolder folder(fast_folder());
  vfs.start({});
  auto options = faulty_options(folder.data());
  options.body_threshold = 100;
  const auto store = Store::open(options);
  const MailboxId inbox = add_mailbox(*store, "ann");
  vfs.start({FaultPlan::Kind::io_error, 1, true});
  EXPECT_TRUE(send(*store, {inbox}, 1).refused);
  EXPECT_EQ(files_below(folder.data() + "/bodies"), 1U) << "a crash now might bring the row back";
  vfs.heal();
  EXPECT_TRUE(send(*store, {inbox}, 2).acknowledged);
  EXPECT_EQ(files_below(folder.data() + "/bodies"), 1U) << "only the second is left";
  EXPECT_THAT(check_folder(folder.data()).problems, IsEmpty());
  EXPECT_EQ(check_folder(folder.data()).leftover_count, 0U);
}

/// A file system of a few MiB.
class SmallDisk {
 public:
  SmallDisk() {
    if (::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=4m") == 0) {
      mounted_ = true;
    }
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) {
      ::umount2(folder_.path().c_str(), MNT_DETACH);
    }
  }
  bool mounted() const { return mounted_; }
  std::string data() const { return folder_.data(); }
  std::string ballast() const { return (folder_.path() / "ballast").string(); }

 private:
  TemporaryFolder folder_;
  bool mounted_ = false;
};

TEST(FullDisk, NothingAcknowledgedIsLostAndTheStoreGoesOn) {
  SmallDisk disk;
  if (!disk.mounted()) {
    GTEST_SKIP() << "a small file system cannot be mounted here: not root";
  }
  std::ofstream(disk.ballast()) << std::string(1'500'000, 'b');
  auto options = options_for(disk.data());
  options.body_threshold = 20'000;
  std::vector<std::string> acknowledged;
  MailboxId inbox = 0;
  {
    const auto store = Store::open(options);
    inbox = add_mailbox(*store, "ann");
    int refused = 0;
    for (int i = 0; refused < 20 && i < 5000; ++i) {
      const std::string octets = std::to_string(i) + std::string(i % 5 == 0 ? 50'000 : 3000, 'm');
      try {
        deliver(*store, {inbox}, octets);
        acknowledged.push_back(octets);
      } catch (const posthouse::Error& error) {
        EXPECT_TRUE(error.retryable()) << error.what();
        ++refused;
      }
    }
    EXPECT_EQ(refused, 20);
    EXPECT_FALSE(acknowledged.empty());
    EXPECT_EQ(list(*store, inbox).size(), acknowledged.size());
    std::filesystem::remove(disk.ballast());
    for (int i = 0; i < 10; ++i) {
      acknowledged.push_back("after " + std::to_string(i));
      deliver(*store, {inbox}, acknowledged.back());
    }
  }
  const auto store = Store::open(options);
  std::vector<std::string> found;
  for (const MailboxEntry& entry : list(*store, inbox)) {
    found.push_back(store->messages().load(entry.message));
  }
  EXPECT_EQ(found, acknowledged);
  const auto report = check_folder(disk.data());
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_THAT(report.leftovers, IsEmpty());
}

}  // namespace
}  // namespace posthouse::store
