#pragma once
// For tests of what becomes of a letter that comes over SMTP, without the sockets.
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/queue/queue.h"
#include "posthouse/queue/schema.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/smtp/smtp_backend.h"
#include "posthouse/store/check/check.h"

namespace posthouse::server {

inline const std::string lunch_letter =
    "From: Sender <x@elsewhere.test>\r\nTo: ann@one.test\r\nSubject: Lunch\r\nMessage-ID: <1@elsewhere.test>\r\n\r\n"
    "At noon?\r\n";

/// The house mail.one.test with the accounts ann and bob, and somebody else's server at its door. At the end it must be well.
class IntakeTest : public ::testing::Test {
 protected:
  IntakeTest() {
    set_log_level("off");
    house.store = store::Store::open(
        {.data_dir = folder.path().string(), .migrations = {queue::migrations()}, .references = queue::references()});
    house.hostname = "mail.one.test";
    directory = std::make_unique<Directory>(house.store, house.hostname);
    house.directory = directory.get();
    accounts().add_domain("one.test");
    ann = accounts().add_account("ann@one.test", "geheim");
    bob = accounts().add_account("bob@one.test", "geheim");
    stranger.peer = net::Address("192.0.2.1", 4000);
    stranger.hostname = house.hostname;
  }
  void TearDown() override {
    store::CheckOptions options;
    options.data_dir = folder.path().string();
    EXPECT_THAT(store::check(options).problems, ::testing::IsEmpty());
  }
  store::Accounts& accounts() { return house.store->accounts(); }

  void filter(const store::Account& account, const std::string& text) {
    house.store->write([&](store::Write& write) {
      EXPECT_EQ(store::put_script(write, account.id, "main", text), store::ScriptResult::done);
      EXPECT_EQ(store::activate_script(write, account.id, "main"), store::ScriptResult::done);
    });
  }
  /// The messages of a mailbox, as they came.
  std::vector<std::string> messages(const store::Account& account, const std::string& mailbox = "INBOX") {
    const auto entries = house.store->read([&](store::Read& read) {
      return store::list_mailbox(read, store::find_mailbox(read, account.id, mailbox).value().id);
    });
    std::vector<std::string> all;
    for (const store::MailboxEntry& entry : entries) {
      all.push_back(house.store->messages().load(entry.message));
    }
    return all;
  }
  /// The last one.
  std::string text_in(const store::Account& account, const std::string& mailbox = "INBOX") {
    const auto all = messages(account, mailbox);
    return all.empty() ? std::string() : all.back();
  }

  test::TemporaryFolder folder{test::fast_folder()};
  House house;
  std::unique_ptr<Directory> directory;
  store::Account ann, bob;
  IntakeRules rules{.expire = std::chrono::hours(1)};
  Visits visits{"mail.one.test"};
  std::atomic<bool> busy{false};
  smtp::Session stranger;
};

}  // namespace posthouse::server
