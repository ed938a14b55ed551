#pragma once
// What the tests of the store share.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/temporary_folder.h"
#include <stdlib.h>

#include "posthouse/sql/contract_testing.h"
#include "posthouse/store/check/check.h"
#include "posthouse/store/mailboxes/bulk.h"
#include "posthouse/store/store.h"

namespace posthouse::store {

using test::fast_folder;
using test::TemporaryFolder;

inline StoreOptions options_for(const std::string& data, bool server = true) {
  StoreOptions options;
  options.data_dir = data;
  options.server = server;
  options.wal_limit = 1024 * 1024;
  options.reserve = 0;
  return options;
}

inline StoredBody body_of(Store& store, std::string_view octets) {
  BodyWriter writer = store.new_body();
  writer.append(octets);
  return writer.finish();
}

/// Writes and reads in the store's tables past its functions.
template <class F>
auto write_sql(Store& store, F&& f) {
  return store.write([&](Write& write) { return f(own_tables(write)); });
}
template <class F>
auto read_sql(Store& store, F&& f) {
  return store.read([&](Read& read) { return f(own_tables(read)); });
}

/// An account without the time that hashing a password takes; nobody can log in to it.
inline MailboxId add_mailbox(Store& store, const std::string& name) {
  return write_sql(store, [&](sql::Connection& db) {
    if (!db.query_optional<int>("SELECT 1 FROM domain WHERE name = 'one.test'")) {
      db.exec("INSERT INTO domain (name, created_at) VALUES ('one.test', 0)");
    }
    db.exec(
        "INSERT INTO account (domain_id, local_part, password_hash, enabled, created_at) "
        "SELECT id, ?, '', 1, 0 FROM domain WHERE name = 'one.test'",
        name);
    const AccountId account = db.last_insert_id();
    db.exec("INSERT INTO account_counter (account_id, modseq, uidvalidity, freed_uidvalidity) VALUES (?, 1, 1, 0)",
            account);
    db.exec(
        "INSERT INTO mailbox (account_id, name, uidvalidity, uidnext, highestmodseq, created_at) "
        "VALUES (?, 'INBOX', 1, 1, 1, 0)",
        account);
    return db.last_insert_id();
  });
}

/// A letter for mailboxes.
struct TestLetter {
  StoredBody body{};
  NewMessage details{};
  std::vector<MailboxId> mailboxes{};
  MessageId message = 0;

  static void all(Write& write, std::span<TestLetter* const> letters) {
    std::vector<IncomingMessage> messages;
    messages.reserve(letters.size());
    for (const TestLetter* letter : letters) {
      const NewMessage& details = letter->details;
      messages.push_back({letter->body, details.received_at, details.prefix, details.return_path,
                          details.summary ? &*details.summary : nullptr});
    }
    const std::vector<AddedMessage> added = add_messages(write, messages);
    std::vector<Delivery> deliveries;
    for (std::size_t i = 0; i < added.size(); ++i) {
      letters[i]->message = added[i].id;
      for (const MailboxId mailbox : letters[i]->mailboxes) {
        deliveries.push_back({.mailbox = mailbox, .message = added[i]});
      }
    }
    add_to_mailboxes(write, deliveries);
  }
  static void one(Write& write, TestLetter& letter) {
    letter.message = add_message(write, letter.body, letter.details);
    for (const MailboxId mailbox : letter.mailboxes) {
      add_to_mailbox(write, mailbox, letter.message, Moment());
    }
  }
};

/// Delivers `octets` to the mailboxes, together with others that come at the same time; the message's id.
inline MessageId deliver(Store& store, const std::vector<MailboxId>& mailboxes, std::string_view octets,
                         const NewMessage& details = {}) {
  TestLetter letter{.body = body_of(store, octets), .details = details, .mailboxes = mailboxes};
  store.write_jointly(letter, TestLetter::all, TestLetter::one);
  return letter.message;
}

inline std::vector<MailboxEntry> list(Store& store, MailboxId mailbox) {
  return store.read([&](Read& read) { return list_mailbox(read, mailbox); });
}

inline std::size_t files_below(const std::filesystem::path& folder) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    files += entry.is_regular_file();
  }
  return files;
}

inline CheckReport check_folder(const std::string& data) {
  CheckOptions options;
  options.data_dir = data;
  return check(options);
}

/// A store's place on the engine named by the parameter: a folder, and on a server an empty database of its own.
class OnEachEngine : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (is_sqlite()) {
      return;
    }
    if (sql::mariadb() == nullptr) {
      GTEST_SKIP() << "the package mariadb-server is not installed";
    }
    url_ = sql::new_database();
  }
  bool is_sqlite() const { return GetParam() == "sqlite"; }
  std::string data() const { return folder.data(); }
  StoreOptions options(bool server = true) const {
    StoreOptions options = options_for(data(), server);
    options.database = url_;
    return options;
  }
  /// By another socket than the server's own.
  StoreOptions options_by(const std::string& socket) const {
    StoreOptions options = this->options();
    options.database.replace(options.database.find(sql::mariadb()->socket()), sql::mariadb()->socket().size(), socket);
    return options;
  }
  CheckOptions check_options() const {
    CheckOptions options;
    options.data_dir = data();
    options.database = url_;
    return options;
  }
  CheckReport checked() const { return check(check_options()); }
  /// A way to the database past the store.
  sql::Connection connect() const {
    return sql::connect(is_sqlite() ? sql::sqlite_url(data() + "/posthouse.db") : url_);
  }

  TemporaryFolder folder{fast_folder()};

 private:
  std::string url_;
};

/// An open store there, with the account "ann".
class StoreOnEachEngine : public OnEachEngine {
 protected:
  void SetUp() final {
    OnEachEngine::SetUp();
    if (IsSkipped()) {
      return;
    }
    StoreOptions options = this->options();
    adjust(options);
    store = Store::open(options);
    inbox = add_mailbox(*store, "ann");
    account = store->read([&](Read& read) { return find_mailbox(read, inbox)->account; });
    prepare();
  }
  virtual void adjust(StoreOptions&) {}  ///< before it is opened
  virtual void prepare() {}              ///< what else there is to be

  std::shared_ptr<Store> store;
  MailboxId inbox = 0;
  AccountId account = 0;
};

/// INSTANTIATE_TEST_SUITE_P for a fixture derived from it.
#define POSTHOUSE_ON_EACH_ENGINE(fixture) \
  INSTANTIATE_TEST_SUITE_P(Engine, fixture, testing::ValuesIn(sql::engines()), sql::engine_name)

/// The kind of the store::Error that `f` throws.
template <class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const posthouse::Error& error) {
    return error.code();
  }
  return "no error";
}

}  // namespace posthouse::store
