#include "posthouse/store/mailboxes/annotations.h"

#include <cstdint>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/store/error.h"
#include "posthouse/store/mailboxes/counters.h"
#include "posthouse/store/mailboxes/mailboxes.h"

namespace posthouse::store {
namespace {

/// A table of annotations, and its column that names what they belong to.
struct AnnotationKind {
  const char* table;
  const char* owner;
};

constexpr AnnotationKind of_account{"account_annotation", "account_id"};
constexpr AnnotationKind of_mailbox{"mailbox_annotation", "mailbox_id"};

std::vector<Annotation> list_annotations(Read& read, const AnnotationKind& kind, std::int64_t owner) {
  std::vector<Annotation> found;
  for (auto&& [name, value] : own_tables(read).query<std::string, sql::Blob>(
           fmt::format("SELECT entry, value FROM {} WHERE {} = ? ORDER BY entry", kind.table, kind.owner), owner)) {
    found.push_back({name, value.bytes});
  }
  return found;
}

std::string require_annotation_name(std::string_view name) {
  if (name.empty() || name.size() > most_annotation_name || !is_ascii(name)) {
    throw Error(Errc::invalid_name, "no annotation can have the name " + printable(name));
  }
  return to_lower(name);
}

void change_annotations(Write& write, const AnnotationKind& kind, std::int64_t owner,
                        std::span<const AnnotationChange> changes) {
  sql::Connection& db = own_tables(write);
  for (const auto& [given, value] : changes) {
    const std::string name = require_annotation_name(given);
    if (value && value->size() > most_annotation_octets) {
      throw Error(Errc::too_large, fmt::format("an annotation has {} octets at most", most_annotation_octets));
    }
    db.exec(fmt::format("DELETE FROM {} WHERE {} = ? AND entry = ?", kind.table, kind.owner), owner, name);
    if (value) {
      db.exec(fmt::format("INSERT INTO {} ({}, entry, value) VALUES (?, ?, ?)", kind.table, kind.owner), owner, name,
              sql::BlobView{*value});
    }
  }
  const auto count =
      db.query_one<std::size_t>(fmt::format("SELECT count(*) FROM {} WHERE {} = ?", kind.table, kind.owner), owner);
  if (count > most_annotations) {
    throw Error(Errc::too_many, fmt::format("there are {} annotations at most", most_annotations));
  }
}

}  // namespace

std::vector<Annotation> annotations_of_account(Read& read, AccountId account) {
  return list_annotations(read, of_account, account);
}

std::vector<Annotation> annotations_of_mailbox(Read& read, MailboxId mailbox) {
  return list_annotations(read, of_mailbox, mailbox);
}

void annotate_account(Write& write, AccountId account, std::span<const AnnotationChange> changes) {
  if (!own_tables(write).query_optional<int>("SELECT 1 FROM account_counter WHERE account_id = ?", account)) {
    throw Error(Errc::no_such_account, fmt::format("there is no account {}", account));
  }
  change_annotations(write, of_account, account, changes);
}

void annotate_mailbox(Write& write, MailboxId mailbox, std::span<const AnnotationChange> changes) {
  if (!find_mailbox(write, mailbox)) {
    no_such_mailbox(mailbox);
  }
  change_annotations(write, of_mailbox, mailbox, changes);
}

}  // namespace posthouse::store
