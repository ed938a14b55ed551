#include "posthouse/store/check/repair.h"

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <system_error>
#include <tuple>

#include <fmt/format.h>

#include "posthouse/base/digest.h"
#include "posthouse/store/check/digest.h"
#include "posthouse/store/database/acknowledged.h"
#include "posthouse/store/mailboxes/counters.h"
#include "posthouse/store/mailboxes/recount.h"
#include "posthouse/store/search/verify.h"
#include "posthouse/store/store.h"

namespace posthouse::store {
namespace {

namespace fs = std::filesystem;

// Each repair is a job of its own: nobody else who writes has to wait for more than one.
class Repairer {
 public:
  explicit Repairer(Store& store) : store_(store) {}

  std::vector<std::string> run() {
    mend_counters();
    make_inboxes();
    mend_sizes();
    mend_prefix_sizes("message_body");
    mend_prefix_sizes("message_file");
    mend_counts();  // of octets, too
    forget_damaged_indexes();
    accept_losses();
    return std::move(done_);
  }

 private:
  template <class... Columns>
  auto found(const std::string& query) {
    return store_.read([&](Read& read) { return own_tables(read).query<Columns...>(query).all(); });
  }

  void mend_counters() {
    const std::string behind =
        "SELECT b.id FROM mailbox b LEFT JOIN account_counter c ON c.account_id = b.account_id WHERE "
        "b.uidnext <= (SELECT max(uid) FROM mailbox_message WHERE mailbox_id = b.id) OR "
        "b.uidnext <= (SELECT max(last_uid) FROM expunged WHERE mailbox_id = b.id) OR "
        "b.highestmodseq < (SELECT max(modseq) FROM mailbox_message WHERE mailbox_id = b.id) OR "
        "b.highestmodseq < (SELECT max(modseq) FROM expunged WHERE mailbox_id = b.id) OR "
        "b.highestmodseq > COALESCE(c.modseq, 0) OR b.uidvalidity > COALESCE(c.uidvalidity, 0)";
    for (const MailboxId mailbox : found<MailboxId>(behind)) {
      if (const auto now = store_.write([&](Write& write) { return repair_counters(write, mailbox); })) {
        done_.push_back(fmt::format("mailbox {}: uidnext is {}, highestmodseq {}, uidvalidity {}", mailbox,
                                    now->uidnext, now->highestmodseq, now->uidvalidity));
      }
    }
  }

  void mend_counts() {
    for (const MailboxId mailbox : found<MailboxId>("SELECT id FROM mailbox ORDER BY id")) {
      const auto wrong = store_.read([&](Read& read) { return miscounted(own_tables(read), mailbox); });
      if (!wrong.empty()) {
        store_.write([&](Write& write) { recount(write, mailbox); });
        done_.push_back(fmt::format("mailbox {}: counted anew", mailbox));
      }
    }
  }

  void make_inboxes() {
    const std::string without =
        "SELECT a.id FROM account a WHERE NOT EXISTS (SELECT 1 FROM mailbox b WHERE b.account_id = a.id AND "
        "b.name = 'INBOX')";
    for (const AccountId account : found<AccountId>(without)) {
      const bool made = store_.write([&](Write& write) {
        sql::Connection& db = own_tables(write);
        if (!db.query_optional<AccountId>(without + " AND a.id = ?", account)) {
          return false;
        }
        db.exec(
            "INSERT INTO account_counter (account_id, modseq, uidvalidity, freed_uidvalidity) SELECT id, 1, 0, 0 "
            "FROM account a WHERE id = ? AND NOT EXISTS (SELECT 1 FROM account_counter WHERE account_id = a.id)",
            account);
        create_mailbox(write, account, "INBOX");
        return true;
      });
      if (made) {
        done_.push_back(fmt::format("account {}: has an INBOX", account));
      }
    }
  }

  /// The size of the body of `message`, if it is the very body whose digest was written down.
  std::optional<std::uint64_t> size_of_right_body(MessageId message) {
    const auto row = store_.read([&](Read& read) {
      return own_tables(read).query_optional<sql::Blob, std::optional<sql::Blob>, std::optional<std::string>>(
          "SELECT m.sha256, b.body, f.name FROM message m LEFT JOIN message_body b ON b.message_id = m.id "
          "LEFT JOIN message_file f ON f.message_id = m.id WHERE m.id = ?",
          message);
    });
    if (!row) {
      return std::nullopt;
    }
    const auto& [sha256, body, name] = *row;
    if (body) {
      return posthouse::sha256(body->bytes) == sha256.bytes ? std::optional<std::uint64_t>(body->bytes.size())
                                                            : std::nullopt;
    }
    const FileDigest file = name ? digest_of(path_of(*name)) : FileDigest{.error = ENOENT};
    return file.error == 0 && file.sha256 == sha256.bytes ? std::optional<std::uint64_t>(file.size) : std::nullopt;
  }

  fs::path path_of(const std::string& name) const { return fs::path(store_.options().data_dir) / "bodies" / name; }

  void mend_sizes() {
    std::vector<MessageId> wrong = found<MessageId>(
        "SELECT m.id FROM message m JOIN message_body b ON b.message_id = m.id WHERE m.size <> length(b.body)");
    for (const auto& [id, size, name] : found<MessageId, std::uint64_t, std::string>(
             "SELECT m.id, m.size, f.name FROM message m JOIN message_file f ON f.message_id = m.id")) {
      std::error_code error;
      if (fs::file_size(path_of(name), error) != size && !error) {
        wrong.push_back(id);
      }
    }
    for (const MessageId message : wrong) {
      const auto size = size_of_right_body(message);
      if (size && write("UPDATE message SET size = ? WHERE id = ?", *size, message)) {
        done_.push_back(fmt::format("message {}: its size is {}", message, *size));
      }
    }
  }

  void mend_prefix_sizes(const std::string& table) {
    for (const auto& [message, size] : found<MessageId, std::int64_t>(
             fmt::format("SELECT m.id, length(b.prefix) FROM message m JOIN {} b ON b.message_id = m.id "
                         "WHERE b.prefix IS NOT NULL AND COALESCE(m.prefix_size, -1) <> length(b.prefix)",
                         table))) {
      if (write("UPDATE message SET prefix_size = ? WHERE id = ?", size, message)) {
        done_.push_back(fmt::format("message {}: {} octets stand in front of it", message, size));
      }
    }
  }

  /// What is not there cannot be brought back; it is told once more, and then no longer.
  void accept_losses() {
    if (!store_.options().database.empty()) {
      return;
    }
    const fs::path folder = store_.options().data_dir;
    const auto missing = store_.read([&](Read& read) { return missing_messages(own_tables(read), folder); });
    if (missing != 0) {
      Acknowledged::forget(folder);
      done_.push_back(fmt::format("{} messages that were acknowledged are not there: taken for lost", missing));
    }
  }

  void forget_damaged_indexes() {
    for (const AccountId account : store_.read([](Read& read) { return indexed_accounts(read); })) {
      std::vector<Segment> segments;
      auto wrong = store_.read([&](Read& read) { return verify_index(read, account, segments); });
      for (auto segment = segments.begin(); segment != segments.end() && !wrong; ++segment) {
        wrong = store_.read([&](Read& read) { return verify_segment(read, account, *segment); });
      }
      if (wrong) {
        store_.write([&](Write& write) { forget_index(write, account); });
        done_.push_back(fmt::format("account {}: its search index will be made anew", account));
      }
    }
  }

  template <class... Values>
  bool write(const std::string& statement, const Values&... values) {
    return store_.write([&](Write& write) { return own_tables(write).exec(statement, values...) != 0; });
  }

  Store& store_;
  std::vector<std::string> done_{};
};

}  // namespace

std::vector<std::string> repair(Store& store) {
  return Repairer(store).run();
}

}  // namespace posthouse::store
