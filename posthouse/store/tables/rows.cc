#include "posthouse/store/tables/rows.h"

namespace posthouse::store {

void describe(orm::Mapping<DomainRow>& domain) {
  domain.table("domain");
  domain.column("id", &DomainRow::id).primary_key();
  domain.column("name", &DomainRow::name).unique();
  domain.column("created_at", &DomainRow::created_at);
}

void describe(orm::Mapping<AccountRow>& account) {
  account.table("account");
  account.column("id", &AccountRow::id).primary_key();
  account.column("domain_id", &AccountRow::domain_id).references(&DomainRow::id);
  account.column("local_part", &AccountRow::local_part).length(64);
  account.column("password_hash", &AccountRow::password_hash);
  account.column("enabled", &AccountRow::enabled).sql_type("INTEGER").check("enabled IN (0, 1)");
  account.column("created_at", &AccountRow::created_at);
  account.unique(&AccountRow::domain_id, &AccountRow::local_part);
  account.index("account_by_age", &AccountRow::domain_id, &AccountRow::enabled, &AccountRow::id);
}

void describe(orm::Mapping<AliasTargetRow>& target) {
  target.table("alias_target");
  target.column("alias_id", &AliasTargetRow::alias_id).primary_key().references(&AliasRow::id, orm::OnDelete::cascade);
  target.column("position", &AliasTargetRow::position).primary_key().sql_type("INTEGER");
  target.column("address", &AliasTargetRow::address).length(320);
}

void describe(orm::Mapping<AliasRow>& alias) {
  alias.table("alias");
  alias.column("id", &AliasRow::id).primary_key();
  alias.column("domain_id", &AliasRow::domain_id).references(&DomainRow::id);
  alias.column("local_part", &AliasRow::local_part).length(64);
  alias.column("created_at", &AliasRow::created_at);
  alias.unique(&AliasRow::domain_id, &AliasRow::local_part);
  alias.has_many(&AliasRow::targets, &AliasTargetRow::alias_id);
}

void describe(orm::Mapping<MailboxRow>& mailbox) {
  mailbox.table("mailbox");
  mailbox.column("id", &MailboxRow::id).primary_key();
  mailbox.column("account_id", &MailboxRow::account_id).references(&AccountRow::id);
  mailbox.column("name", &MailboxRow::name);
  mailbox.column("uidvalidity", &MailboxRow::uidvalidity);
  mailbox.column("uidnext", &MailboxRow::uidnext);
  mailbox.column("highestmodseq", &MailboxRow::highestmodseq);
  mailbox.column("created_at", &MailboxRow::created_at);
  mailbox.column("special_use", &MailboxRow::special_use).default_sql("0");
  mailbox.column("messages", &MailboxRow::messages).default_sql("0");
  mailbox.column("unseen", &MailboxRow::unseen).default_sql("0");
  mailbox.column("deleted", &MailboxRow::deleted).default_sql("0");
  mailbox.column("octets", &MailboxRow::octets).default_sql("0");
  mailbox.column("expunge_floor", &MailboxRow::expunge_floor).default_sql("0");
  mailbox.column("expunged_ranges", &MailboxRow::expunged_ranges).default_sql("0");
  mailbox.column("recent_uid", &MailboxRow::recent_uid).default_sql("1");
  mailbox.unique(&MailboxRow::account_id, &MailboxRow::name);
}

orm::Condition is_its_inbox() {
  return orm::col(&MailboxRow::account_id) == orm::col(&AccountRow::id) && orm::col(&MailboxRow::name) == "INBOX";
}

}  // namespace posthouse::store
