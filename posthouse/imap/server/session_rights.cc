// What a user may do: QUOTA (RFC 9208), ACL (RFC 4314).
#include <utility>

#include "posthouse/imap/server/answers.h"
#include "posthouse/imap/server/server_session.h"

namespace posthouse::imap {
namespace {

constexpr std::uint64_t storage_unit = 1024;

response::Quota told_quota(std::string root, const MailQuota& quota) {
  response::Quota told{.root = std::move(root)};
  if (quota.octet_limit != 0) {
    told.resources.push_back(
        {"STORAGE", (quota.octets + storage_unit - 1) / storage_unit, quota.octet_limit / storage_unit});
  }
  if (quota.message_limit != 0) {
    told.resources.push_back({"MESSAGE", quota.messages, quota.message_limit});
  }
  return told;
}

response::Status no_such_right() {
  return bad("Rights are letters of lrswipkxtea, small ones");
}

}  // namespace

ServerSession::Answer ServerSession::run(command::GetQuota& get) {
  outlet_.untagged(told_quota(get.root, account_->quota(get.root)));
  return response::Status{.text = "That is the quota"};
}

ServerSession::Answer ServerSession::run(command::GetQuotaRoot& get) {
  const std::string name = mailbox_name(get.mailbox);
  const std::string root = account_->quota_root(name);
  outlet_.untagged(response::QuotaRoot{.mailbox = MailboxName{.name = name}, .roots = {root}});
  outlet_.untagged(told_quota(root, account_->quota(root)));
  return response::Status{.text = "That is the quota"};
}

ServerSession::Answer ServerSession::run(command::SetQuota&) {
  return no("NOPERM", "Limits are set by whoever runs this server");
}

ServerSession::Answer ServerSession::run(command::MyRights& get) {
  const std::string name = mailbox_name(get.mailbox);
  const mail::Rights rights = account_->rights(name);
  outlet_.untagged(response::MyRights{.mailbox = MailboxName{.name = name}, .rights = rights.to_string_with_old()});
  return response::Status{.text = "Those are your rights"};
}

ServerSession::Answer ServerSession::run(command::GetAcl& get) {
  const std::string name = mailbox_name(get.mailbox);
  response::Acl told{.mailbox = MailboxName{.name = name}};
  for (AclEntry& entry : account_->acl(name)) {
    told.rights.emplace_back(std::move(entry.identifier), entry.rights.to_string_with_old());
  }
  outlet_.untagged(told);
  return response::Status{.text = "Those are the rights"};
}

// The owner has them all for ever; others can be given each by itself.
ServerSession::Answer ServerSession::run(command::ListRights& list) {
  const std::string name = mailbox_name(list.mailbox);
  const AclEntry owner = account_->acl(name).front();
  response::ListRights told{.mailbox = MailboxName{.name = name}, .identifier = list.identifier};
  if (list.identifier == owner.identifier) {
    told.required = owner.rights.to_string_with_old();
  } else {
    for (const char letter : mail::Rights::all().to_string_with_old()) {
      told.optional.emplace_back(1, letter);
    }
  }
  outlet_.untagged(told);
  return response::Status{.text = "Those are the rights that can be given"};
}

ServerSession::Answer ServerSession::run(command::SetAcl& set) {
  const auto rights = mail::Rights::parse(set.rights);
  if (!rights) {
    return no_such_right();
  }
  account_->set_rights(mailbox_name(set.mailbox), set.identifier, set.mode, *rights);
  return response::Status{.text = "Those are the rights now"};
}

ServerSession::Answer ServerSession::run(command::DeleteAcl& remove) {
  account_->set_rights(mailbox_name(remove.mailbox), remove.identifier, StoreMode::replace, {});
  return response::Status{.text = "No rights are left"};
}

}  // namespace posthouse::imap
