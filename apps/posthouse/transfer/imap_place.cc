#include "apps/posthouse/transfer/imap_place.h"

#include <algorithm>
#include <cstdint>

#include "posthouse/base/text.h"

namespace posthouse::app {
namespace {

/// What a server lets a client set: "\Recent" is the server's own.
imap::Flags without_recent(const imap::Flags& flags) {
  imap::Flags kept;
  for (const imap::SystemFlag flag : {imap::SystemFlag::seen, imap::SystemFlag::answered, imap::SystemFlag::flagged,
                                      imap::SystemFlag::deleted, imap::SystemFlag::draft}) {
    if (flags.has(flag)) {
      kept.add(flag);
    }
  }
  for (const std::string& name : flags.others()) {
    if (!name.starts_with('\\')) {
      kept.add(name);
    }
  }
  return kept;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

}  // namespace

ImapPlace::ImapPlace(imap::Client& client) : client_(client) {
  for (const auto& entry : client_.list()) {
    if (entry.delimiter) {
      delimiter_ = *entry.delimiter;
    }
    const bool other = std::ranges::any_of(entry.attributes, [](const std::string& one) {
      return iequals(one, "\\All") || iequals(one, "\\Noselect") || iequals(one, "\\NonExistent");
    });
    if (!other) {
      there_.push_back(entry.mailbox.name);
    }
  }
}

// A "/" within a level becomes "_": there it would be a level of its own.
std::string ImapPlace::name_here(const std::string& mailbox) const {
  return delimiter_ == "/" || delimiter_.empty() ? mailbox : replaced(replaced(mailbox, "/", "_"), delimiter_, "/");
}

std::string ImapPlace::name_there(const std::string& mailbox) const {
  if (delimiter_ == "/") {
    return mailbox;
  }
  return delimiter_.empty() ? replaced(mailbox, "/", "_")
                            : replaced(replaced(mailbox, delimiter_, "_"), "/", delimiter_);
}

std::vector<std::string> ImapPlace::mailboxes() {
  std::vector<std::string> names;
  std::ranges::transform(there_, std::back_inserter(names), [&](const std::string& name) { return name_here(name); });
  return names;
}

std::vector<PlacedMessage> ImapPlace::open(const std::string& mailbox) {
  const std::string name = name_there(mailbox);
  const bool is_there = std::ranges::any_of(
      there_, [&](const std::string& one) { return one == name || (iequals(name, "INBOX") && iequals(one, "INBOX")); });
  if (!is_there) {
    return {};
  }
  client_.select(name);
  std::vector<PlacedMessage> messages;
  client_.fetch(imap::NumberSet::of({{1, std::numeric_limits<std::uint32_t>::max()}}),
                {.flags = true, .internal_date = true, .header_fields = {"Message-ID", "Date", "From", "Subject"}},
                [&](imap::response::Fetch& message) {
                  if (!message.uid || message.bodies.empty() || !message.bodies.front().octets) {
                    return;  // flags that somebody else has changed meanwhile
                  }
                  messages.push_back({.number = *message.uid,
                                      .key = message_key(*message.bodies.front().octets),
                                      .flags = without_recent(message.flags.value_or(imap::Flags())),
                                      .date = message.internal_date});
                });
  std::ranges::sort(messages, {}, &PlacedMessage::number);
  return messages;
}

std::string ImapPlace::text(const PlacedMessage& message) {
  return client_.retrieve(static_cast<std::uint32_t>(message.number));
}

void ImapPlace::add(const std::string& mailbox, std::string_view text, const PlacedMessage& like) {
  const std::string name = name_there(mailbox);
  const imap::AppendOptions options{.flags = without_recent(like.flags), .date = like.date};
  try {
    client_.append(name, text, options);
  } catch (const imap::Error& error) {
    if (error.response_code() != "TRYCREATE") {
      throw;
    }
    client_.create(name);
    client_.subscribe(name);
    there_.push_back(name);
    client_.append(name, text, options);
  }
}

void ImapPlace::set_flags(const PlacedMessage& message, const imap::Flags& flags) {
  client_.set_flags(static_cast<std::uint32_t>(message.number), without_recent(flags));
}

}  // namespace posthouse::app
