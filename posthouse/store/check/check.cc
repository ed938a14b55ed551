#include "posthouse/store/check/check.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/digest.h"
#include "posthouse/base/hex.h"
#include "posthouse/base/text.h"
#include "posthouse/sql/connection/transaction.h"
#include "posthouse/store/check/digest.h"
#include "posthouse/store/database/acknowledged.h"
#include "posthouse/store/database/data_folder.h"
#include "posthouse/store/database/database.h"
#include "posthouse/store/error.h"
#include "posthouse/store/mailboxes/recount.h"
#include "posthouse/store/search/verify.h"
#include "posthouse/store/tables/files.h"
#include "posthouse/store/tables/references.h"
#include "posthouse/store/tables/schema.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t messages_at_a_time = 200;  // no long read transaction: it would keep a server's log from ending
constexpr std::chrono::hours on_its_way{1};
constexpr std::chrono::seconds database_patience{10};

/// What is in `folder`; nothing when there is none: a copy of a house need not have empty ones.
std::vector<fs::directory_entry> entries_of(const fs::path& folder) {
  return fs::exists(folder) ? std::vector<fs::directory_entry>(begin(fs::directory_iterator(folder)), {})
                            : std::vector<fs::directory_entry>();
}

/// For functions that want to know where they read from.
class CheckRead final : public Read {
 public:
  explicit CheckRead(sql::Connection& db) noexcept : Read(db) {}
};

class Checker {
 public:
  explicit Checker(const CheckOptions& options)
      : options_(options),
        folder_(options.data_dir, false),
        database_(open_database(folder_, {.url = options.database, .vfs = options.vfs, .patience = database_patience})),
        db_(database_->connect(Access::read)) {}

  CheckReport run() {
    opening(*database_, [&] {
      report_.server_running = database_->server_running(db_);
      require_known_schema();
    });
    section("database",
            [&] { database_->check_integrity(db_, [&](const std::string& line) { problem("database: " + line); }); });
    section("foreign keys",
            [&] { database_->check_foreign_keys(db_, [&](const std::string& line) { problem(line); }); });
    section("mailboxes", [&] { check_mailboxes(); });
    section("messages", [&] { check_messages(); });
    section("references", [&] { check_holders(); });
    section("search index", [&] { check_search_index(); });
    for (const ModuleCheck& module : options_.modules) {
      section(module.what, [&] { module.run(db_, [&](const std::string& line) { problem(line); }); });
    }
    section("files", [&] { check_files(); });
    section("rights", [&] { check_rights(); });
    return std::move(report_);
  }

 private:
  void problem(const std::string& line) {
    if (report_.problems.size() < options_.max_problems) {
      report_.problems.push_back(line);
    }
    ++report_.problem_count;
  }

  void leftover(const std::string& line) {
    if (report_.leftovers.size() < options_.max_problems) {
      report_.leftovers.push_back(line);
    }
    ++report_.leftover_count;
  }

  void progress(std::string_view what, std::uint64_t done, std::uint64_t total) {
    if (options_.progress) {
      options_.progress(what, done, total);
    }
  }

  /// A damaged database fails some queries; the others still tell something.
  template <class F>
  void section(const std::string& what, F&& f) {
    progress(what, 0, 0);
    try {
      f();
    } catch (const posthouse::Error& error) {
      problem(fmt::format("checking {} failed: {}", what, error.what()));
    } catch (const fs::filesystem_error& error) {
      problem(fmt::format("checking {} failed: {}", what, error.what()));
    }
  }

  std::uint64_t count(const std::string& table) {
    return db_.query_one<std::uint64_t>("SELECT count(*) FROM " + table);
  }

  void require_known_schema() {
    const int known = store_migrations().migrations.back().number;
    const int found = schema_version(db_, "store");
    if (found > known) {
      throw Error(Errc::schema_too_new, "the database was made by a newer Posthouse");
    }
    if (found < known) {
      throw Error(Errc::not_ours,
                  "the database was made by an older Posthouse: start the server once to bring it up "
                  "to date");
    }
  }

  void check_mailboxes() {
    report_.domains = count("domain");
    report_.accounts = count("account");
    report_.aliases = count("alias");
    report_.mailboxes = count("mailbox");
    report_.mailbox_messages = count("mailbox_message");
    for (auto [id] : db_.query<AccountId>("SELECT id FROM account a WHERE NOT EXISTS (SELECT 1 FROM mailbox "
                                          "WHERE account_id = a.id AND name = 'INBOX')")) {
      problem(fmt::format("account {} has no INBOX", id));
    }
    for (auto [id, uid, uidnext, modseq, highest] :
         db_.query<MailboxId, std::int64_t, std::int64_t, std::int64_t, std::int64_t>(
             "SELECT b.id, max(h.uid), b.uidnext, max(h.modseq), b.highestmodseq FROM mailbox b "
             "JOIN mailbox_message h ON h.mailbox_id = b.id GROUP BY b.id "
             "HAVING max(h.uid) >= b.uidnext OR max(h.modseq) > b.highestmodseq OR min(h.uid) < 1")) {
      problem(fmt::format("mailbox {}: highest uid {}, uidnext {}; highest modseq {}, highestmodseq {}", id, uid,
                          uidnext, modseq, highest));
    }
    check_history();
    check_account_counters();
    std::uint64_t done = 0;
    for (const MailboxId mailbox : db_.query<MailboxId>("SELECT id FROM mailbox ORDER BY id").all()) {
      const sql::Transaction moment(db_);
      for (const std::string& line : miscounted(db_, mailbox)) {
        problem(line);
      }
      progress("mailboxes", ++done, report_.mailboxes);
    }
  }

  // One moment for the whole of an account's index, which is short; its segments, which may be large, have one each.
  void check_search_index() {
    CheckRead read(db_);
    const std::vector<AccountId> accounts = indexed_accounts(read);
    std::uint64_t done = 0;
    for (const AccountId account : accounts) {
      const auto tell = [&](const std::optional<std::string>& wrong) {
        if (wrong) {
          problem(fmt::format("account {}: its search index is damaged: {}", account, *wrong));
        }
      };
      std::vector<Segment> segments;
      {
        const sql::Transaction moment(db_);
        tell(verify_index(read, account, segments));
      }
      for (const Segment& segment : segments) {
        const sql::Transaction moment(db_);
        tell(verify_segment(read, account, segment));
      }
      progress("search index", ++done, accounts.size());
    }
  }

  void check_history() {
    for (auto [id, uid, uidnext, modseq, highest] :
         db_.query<MailboxId, std::int64_t, std::int64_t, std::int64_t, std::int64_t>(
             "SELECT b.id, max(e.last_uid), b.uidnext, max(e.modseq), b.highestmodseq FROM mailbox b "
             "JOIN expunged e ON e.mailbox_id = b.id GROUP BY b.id "
             "HAVING max(e.last_uid) >= b.uidnext OR max(e.modseq) > b.highestmodseq")) {
      problem(fmt::format("mailbox {}: uid {} was expunged, uidnext {}; at modseq {}, highestmodseq {}", id, uid,
                          uidnext, modseq, highest));
    }
  }

  void check_account_counters() {
    for (auto [id, modseq, highest, uidvalidity, given] :
         db_.query<AccountId, std::int64_t, std::int64_t, std::int64_t, std::int64_t>(
             "SELECT b.account_id, COALESCE(c.modseq, 0), max(b.highestmodseq), COALESCE(c.uidvalidity, 0), "
             "max(b.uidvalidity) FROM mailbox b LEFT JOIN account_counter c ON c.account_id = b.account_id "
             "GROUP BY b.account_id, c.modseq, c.uidvalidity "
             "HAVING max(b.highestmodseq) > COALESCE(c.modseq, 0) OR max(b.uidvalidity) > COALESCE(c.uidvalidity, "
             "0)")) {
      problem(fmt::format("account {}: modseq {}, highestmodseq of a mailbox {}; uidvalidity {}, a mailbox's {}", id,
                          modseq, highest, uidvalidity, given));
    }
  }

  void check_messages() {
    report_.messages = count("message");
    if (options_.database.empty()) {
      if (const std::uint64_t missing = missing_messages(db_, folder_.path()); missing != 0) {
        problem(
            fmt::format("the last {} messages that were acknowledged are not in the database: its log is damaged, or "
                        "it is an older one",
                        missing));
      }
    }
    MessageId last = 0;
    std::uint64_t done = 0;
    for (bool more = true; more;) {
      more = false;
      for (auto [id, size, sha256, body, file, prefix_fits] :
           db_.query<MessageId, std::uint64_t, sql::Blob, std::optional<sql::BlobView>, std::optional<std::string>,
                     bool>(
               "SELECT m.id, m.size, m.sha256, b.body, f.name, "
               "COALESCE(m.prefix_size, -1) = COALESCE(length(b.prefix), length(f.prefix), -1) FROM message m "
               "LEFT JOIN message_body b ON b.message_id = m.id LEFT JOIN message_file f ON f.message_id = m.id "
               "WHERE m.id > ? ORDER BY m.id LIMIT ?",
               last, messages_at_a_time)) {
        check_message(id, size, sha256.bytes, body, file);
        if ((body || file) && !prefix_fits) {
          problem(name_of(id) + ": what stands in front of it is not as long as it should be");
        }
        report_.body_octets += size;
        last = id;
        more = true;
        ++done;
      }
      progress("messages", done, report_.messages);
    }
  }

  void check_message(MessageId id, std::uint64_t size, const std::string& sha256,
                     const std::optional<sql::BlobView>& body, const std::optional<std::string>& file) {
    if (body && file) {
      problem(name_of(id) + " has two bodies");
    }
    if (body) {
      compare(name_of(id), size, sha256, body->bytes.size(), posthouse::sha256(body->bytes));
    } else if (file) {
      check_file(id, size, sha256, *file);
    } else {
      problem(name_of(id) + " has no body");
    }
  }

  void check_file(MessageId id, std::uint64_t size, const std::string& sha256, const std::string& name) {
    const fs::path path = folder_.path() / "bodies" / name;
    const FileDigest file = digest_of(path);
    if (file.error == 0) {
      compare(fmt::format("{} (file {})", name_of(id), printable(name)), size, sha256, file.size, file.sha256);
    } else if (!is_gone(id)) {
      problem(fmt::format("{}: its body file {} cannot be {}: {}", name_of(id), printable(name),
                          file.opened ? "read" : "opened", std::generic_category().message(file.error)));
    }
  }

  /// True when the message was deleted while we looked: a query of its own sees the present.
  bool is_gone(MessageId id) {
    Checker now(options_);
    return !now.db_.query_optional<int>("SELECT 1 FROM message WHERE id = ?", id);
  }

  void compare(const std::string& name, std::uint64_t size, const std::string& sha256, std::uint64_t found_size,
               const std::string& found_sha256) {
    if (size != found_size) {
      problem(fmt::format("{}: its body has {} octets instead of {}", name, found_size, size));
    } else if (sha256 != found_sha256) {
      problem(fmt::format("{}: its body has the SHA-256 {} instead of {}", name, hex_encode(found_sha256),
                          hex_encode(sha256)));
    }
  }

  static std::string name_of(MessageId id) { return "message " + std::to_string(id); }

  void check_holders() {
    const std::vector<MessageReference> references = registered_references(db_);
    for (const auto& [table, column] : references) {
      const std::string query = fmt::format(
          "SELECT {0} FROM {1} t WHERE {0} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM message WHERE id = t.{0})", column,
          table);
      for (auto [id] : db_.query<MessageId>(query)) {
        problem(fmt::format("{} refers to a lost message: {}", table, name_of(id)));
      }
    }
    for (auto [id] : db_.query<MessageId>("SELECT id FROM message m WHERE " + unheld_condition(references))) {
      problem(name_of(id) + " is in no mailbox and in no queue");
    }
  }

  void check_files() {
    const fs::path bodies = folder_.path() / "bodies";
    for (const auto& inner : entries_of(bodies)) {
      if (!inner.is_directory()) {
        ++report_.body_files;
        check_file_known(inner, inner.path().filename().string(), {});
        continue;
      }
      const std::vector<fs::directory_entry> files = entries_of(inner);
      report_.body_files += files.size();
      const std::set<std::string> known = named_files(db_, inner.path().filename().string());
      for (const auto& entry : files) {
        check_file_known(entry, (inner.path().filename() / entry.path().filename()).string(), known);
      }
    }
    std::error_code absent;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path() / "orphans", absent)) {
      report_.set_aside += entry.is_regular_file() ? 1U : 0U;
    }
    for (const auto& entry : entries_of(folder_.path() / "tmp")) {
      if (!is_on_its_way(entry)) {
        leftover("tmp/" + printable(entry.path().filename().string()) + " is unfinished");
      }
    }
  }

  void check_file_known(const fs::directory_entry& entry, const std::string& name, const std::set<std::string>& known) {
    std::error_code error;
    // What is gone since we looked for it is none.
    if (!known.contains(name) && fs::exists(entry.path(), error) && !is_on_its_way(entry)) {
      leftover("bodies/" + printable(name) + " belongs to no message");
    }
  }

  // Files are nobody else's where the folder around them is not; else each is looked at.
  void check_rights() {
    constexpr auto others = fs::perms::group_all | fs::perms::others_all;
    const auto open_to = [&](const fs::path& path) {
      std::error_code error;
      const fs::file_status status = fs::status(path, error);
      return !error && fs::exists(status) && (status.permissions() & others) != fs::perms::none;
    };
    if (!open_to(folder_.path())) {
      return;
    }
    for (const char* name :
         {"posthouse.db", "posthouse.db-wal", "posthouse.db-shm", "bodies", "orphans", "tmp", "tls"}) {
      if (open_to(folder_.path() / name)) {
        report_.warnings.push_back(fmt::format("{} may be read by others: chmod go= {}",
                                               (folder_.path() / name).string(), (folder_.path() / name).string()));
      }
    }
  }

  bool is_on_its_way(const fs::directory_entry& entry) const {
    std::error_code error;
    const auto changed = entry.last_write_time(error);
    return report_.server_running && (error || fs::file_time_type::clock::now() - changed < on_its_way);
  }

  const CheckOptions& options_;
  DataFolder folder_;
  std::unique_ptr<Database> database_;
  sql::Connection db_;
  CheckReport report_;
};

}  // namespace

CheckReport check(const CheckOptions& options) {
  return Checker(options).run();
}

}  // namespace posthouse::store
