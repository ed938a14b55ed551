// APPEND (RFC 9051 section 6.3.12) with MULTIAPPEND (RFC 3502), CATENATE (RFC 4469) and UTF8 (RFC 6855), and REPLACE
// (RFC 8508). Messages go on to the mailbox as they come.
#include <chrono>
#include <utility>

#include "posthouse/imap/server/server_session.h"
#include "posthouse/imap/wire/item/message_url.h"
#include "posthouse/imap/wire/message/part_table.h"

namespace posthouse::imap {
namespace {

constexpr std::uint64_t slowest = 1024;  // octets a second that a message has to come with

response::Status bad_url(const std::string& url) {
  std::string shown;
  for (const char c : url) {
    if (c > ' ' && c < 127 && c != ']') {
      shown += c;
    }
  }
  return {response::Condition::no, ResponseCode{"BADURL", std::move(shown)}, "That URL names no message here"};
}

}  // namespace

// The next part of what is appended. Whatever is wrong is answered at once, and what still comes is skipped.
void ServerSession::append_part() {
  tag_ = reader_.command().tag;
  by_uid_ = reader_.command().uid;
  const AppendPart part = reader_.part();
  const Answer refusal = guarded([&] { return begin_part(part); });
  if (refusal) {
    return refuse_append(*refusal);
  }
  if (part.url) {
    return;
  }
  patience_ = net::Deadline::after(options_.timeouts.command + std::chrono::seconds(part.size / slowest));
  if (part.synchronizing) {
    outlet_.proceed("Go on");
  }
}

void ServerSession::append_octets(std::string_view octets) {
  const Answer refusal = guarded([&]() -> Answer {
    delivery_->write(octets);
    return std::nullopt;
  });
  if (refusal) {
    refuse_append(*refusal);
  }
}

void ServerSession::refuse_append(const response::Status& answer) {
  delivery_.reset();
  outlet_.tagged(reader_.tag(), answer);
  if (!reader_.refuse()) {
    bye("Too much to skip", ResponseCode::word("TOOBIG"));
    over(SessionEnd::refused);
  }
  if (answer.condition == response::Condition::bad) {
    count_error();
  }
}

// An answer where the part, or the whole command, is refused.
ServerSession::Answer ServerSession::begin_part(const AppendPart& part) {
  if (!account_) {
    return response::Status{response::Condition::bad, {}, "Log in first"};
  }
  if (!delivery_) {
    if (Answer refusal = begin_append(std::get<command::Append>(reader_.command().arguments))) {
      return refusal;
    }
  }
  if (part.begins_message && message_limit() != 0 && delivery_->messages() == message_limit()) {
    return too_many_messages(message_limit());
  }
  delivery_->begin(part);
  return part.url ? append_url(*part.url) : std::nullopt;
}

ServerSession::Answer ServerSession::begin_append(const command::Append& append) {
  if (Answer unknown = log_in_holds()) {
    return unknown;
  }
  std::optional<std::uint32_t> replaced;
  if (append.replaces) {
    if (!mailbox_ || mailbox_->read_only()) {
      return response::Status{response::Condition::bad, {}, "No mailbox is selected for changes"};
    }
    look_up_rights();
    if (!rights_.has_all("te")) {
      return response::Status{response::Condition::no, ResponseCode::word("NOPERM"),
                              "No message may be taken out here"};
    }
    const std::optional<NumberSet> uids = uids_meant(*append.replaces);
    if (!uids || uids->count() != 1 || mailbox_->numbers_of(*uids).empty()) {
      return no_such_message();
    }
    replaced = uids->smallest();
  }
  try {
    delivery_ = std::make_unique<AppendDelivery>(account_->deliver(mailbox_name(append.mailbox)),
                                                 account_->append_limit(), replaced);
  } catch (const MailError& error) {
    return no_such_target(error, append.mailbox);
  }
  return std::nullopt;
}

// The octets of a message that is there already, or of a part of one.
ServerSession::Answer ServerSession::append_url(const std::string& text) {
  const std::optional<MessageUrl> url = parse_message_url(text);
  if (!url || !url->server.empty() || (url->mailbox.empty() && !mailbox_)) {
    return bad_url(text);
  }
  std::unique_ptr<OpenMailbox> other;
  if (!url->mailbox.empty()) {
    try {
      other = account_->open(mailbox_name({.name = url->mailbox}), true);
    } catch (const MailError&) {
      return bad_url(text);
    }
  }
  OpenMailbox& from = other ? *other : *mailbox_;
  if (url->uid_validity && *url->uid_validity != from.uid_validity()) {
    return bad_url(text);
  }
  std::optional<Slice> slice;
  from.fetch(NumberSet(url->uid), Want::size | Want::parts, [&](const Message& message) {
    const auto table = PartTable::decode(message.parts);
    slice = table ? table->find(url->section) : std::nullopt;
    return true;
  });
  if (!slice) {
    return bad_url(text);
  }
  return append_slice(from, *url, *slice) ? std::nullopt : Answer(bad_url(text));
}

// False when the message is not there any more.
bool ServerSession::append_slice(OpenMailbox& from, const MessageUrl& url, const Slice& slice) {
  const bool fields = !url.section.fields.empty();
  const Slice wanted = url.partial && !fields ? partial_of(slice, *url.partial) : slice;
  std::string header;
  const bool there = wanted.size == 0 || from.read(url.uid, wanted.offset, wanted.size, [&](std::string_view octets) {
    if (fields) {
      header += octets;
    } else {
      delivery_->write(octets);
    }
    return true;
  });
  if (fields && there) {
    const std::string subset = header_subset(header, url.section);
    const Slice all{.offset = 0, .size = subset.size()};
    const Slice part = url.partial ? partial_of(all, *url.partial) : all;
    delivery_->write(std::string_view(subset).substr(part.offset, part.size));
  }
  return there;
}

ServerSession::Answer ServerSession::run(command::Append& append) {
  if (!delivery_) {
    return response::Status{response::Condition::bad, {}, "A message is missing"};
  }
  const std::unique_ptr<AppendDelivery> delivery = std::move(delivery_);
  const Delivery::Done done = delivery->commit(mailbox_.get());
  summary_.appended += done.uids.size();
  NumberSet uids;
  for (const std::uint32_t uid : done.uids) {
    uids.add(uid);
  }
  ResponseCode code = ResponseCode::append_uid(done.uid_validity, uids);
  if (!append.replaces) {
    return response::Status{.code = std::move(code), .text = "Appended"};
  }
  ++summary_.expunged;
  outlet_.untagged_ok(std::move(code), "The new message is there");
  return response::Status{.text = "Replaced"};
}

}  // namespace posthouse::imap
