// What a user may do: QUOTA (RFC 9208), ACL (RFC 4314).
#include <utility>

#include "posthouse/imap/server/answers.h"
#include "posthouse/imap/server/server_session.h"

namespace posthouse::imap {
namespace {

constexpr std::string_view quota_root;  // the one there is: all of the user's mailboxes
constexpr std::uint64_t storage_unit = 1024;

// In RFC 4314's order; INBOX cannot be deleted. With the rights of old that these stand for (RFC 4314 section 2.1.1).
constexpr std::string_view all_rights = "lrswipkxteacd";
constexpr std::string_view inbox_rights = "lrswipkteacd";

response::Quota told_quota(const MailQuota& quota) {
  response::Quota told{.root = std::string(quota_root)};
  if (quota.octet_limit != 0) {
    told.resources.push_back(
        {"STORAGE", (quota.octets + storage_unit - 1) / storage_unit, quota.octet_limit / storage_unit});
  }
  if (quota.message_limit != 0) {
    told.resources.push_back({"MESSAGE", quota.messages, quota.message_limit});
  }
  return told;
}

response::Status rights_stay() {
  return no("CANNOT", "Mailboxes are not shared here, and their rights stay as they are");
}

}  // namespace

ServerSession::Answer ServerSession::run(command::GetQuota& get) {
  if (get.root != quota_root) {
    return no("NONEXISTENT", "There is no such quota root");
  }
  outlet_.untagged(told_quota(account_->quota()));
  return response::Status{.text = "That is the quota"};
}

ServerSession::Answer ServerSession::run(command::GetQuotaRoot& get) {
  const std::string name = mailbox_name(get.mailbox);
  static_cast<void>(account_->numbers(name));
  outlet_.untagged(response::QuotaRoot{.mailbox = {.name = name}, .roots = {std::string(quota_root)}});
  outlet_.untagged(told_quota(account_->quota()));
  return response::Status{.text = "That is the quota"};
}

ServerSession::Answer ServerSession::run(command::SetQuota&) {
  return no("NOPERM", "Limits are set by whoever runs this server");
}

std::string_view ServerSession::rights_to(std::string_view mailbox) noexcept {
  return mailbox == "INBOX" ? inbox_rights : all_rights;
}

ServerSession::Answer ServerSession::run(command::MyRights& get) {
  const std::string name = mailbox_name(get.mailbox);
  static_cast<void>(account_->numbers(name));
  outlet_.untagged(response::MyRights{.mailbox = {.name = name}, .rights = std::string(rights_to(name))});
  return response::Status{.text = "Those are your rights"};
}

ServerSession::Answer ServerSession::run(command::GetAcl& get) {
  const std::string name = mailbox_name(get.mailbox);
  static_cast<void>(account_->numbers(name));
  outlet_.untagged(response::Acl{.mailbox = {.name = name}, .rights = {{session_.user, std::string(rights_to(name))}}});
  return response::Status{.text = "Those are the rights"};
}

// The owner has them all for ever, and others cannot get any.
ServerSession::Answer ServerSession::run(command::ListRights& list) {
  const std::string name = mailbox_name(list.mailbox);
  static_cast<void>(account_->numbers(name));
  outlet_.untagged(
      response::ListRights{.mailbox = {.name = name},
                           .identifier = list.identifier,
                           .required = std::string(list.identifier == session_.user ? rights_to(name) : ""),
                           .optional = {}});
  return response::Status{.text = "Those are the rights that can be given"};
}

ServerSession::Answer ServerSession::run(command::SetAcl& set) {
  static_cast<void>(account_->numbers(mailbox_name(set.mailbox)));
  return rights_stay();
}

ServerSession::Answer ServerSession::run(command::DeleteAcl& remove) {
  static_cast<void>(account_->numbers(mailbox_name(remove.mailbox)));
  return rights_stay();
}

}  // namespace posthouse::imap
