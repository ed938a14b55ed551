// receive by IMAP.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string_view>
#include <utility>
#include <variant>

#include "apps/posthouse/logged_in.h"
#include "apps/posthouse/receive.h"
#include "apps/posthouse/search_words.h"
#include <boost/json.hpp>

#include "posthouse/base/error.h"
#include "posthouse/imap/client/client.h"
#include "posthouse/mime/fields/date.h"
#include "posthouse/mime/fields/encoded_word.h"
#include "posthouse/mime/read/terminal_text.h"

namespace posthouse::app {
namespace {

imap::Flags flags_of(const std::vector<std::string>& names) {
  static constexpr std::string_view system[] = {"seen", "answered", "flagged", "deleted", "draft"};
  imap::Flags flags;
  for (const std::string& name : names) {
    const bool known = std::find(std::begin(system), std::end(system), name) != std::end(system);
    flags.add(known ? '\\' + name : name);
  }
  return flags;
}

class ImapReceiver {
 public:
  ImapReceiver(imap::Client& client, const ReceiveOptions& options)
      : client_(client), options_(options), received_(options.show) {}

  void run() {
    if (options_.list) {
      list_mailboxes();
      return;
    }
    if (changes()) {
      client_.select(options_.mailbox);
    } else {
      client_.examine(options_.mailbox);
    }
    const imap::NumberSet uids = wanted();
    if (uids.empty() && !options_.show.json && !options_.watch) {
      std::puts("No messages.");
    }
    show(uids);
    if (!uids.empty()) {
      change(uids);
    }
    if (options_.watch) {
      watch();
    }
  }

 private:
  bool changes() const {
    return options_.remove || !options_.move.empty() || !options_.flag.empty() || !options_.unflag.empty();
  }

  void list_mailboxes() {
    for (const auto& entry : client_.list("*", {.special_use = true})) {
      const bool selectable = !entry.has("\\Noselect") && !entry.has("\\NonExistent");
      const auto status = selectable ? std::optional(client_.status(entry.mailbox.name)) : std::nullopt;
      const auto number = [&](imap::StatusItem item) { return status ? status->number(item).value_or(0) : 0; };
      const auto messages = number(imap::StatusItem::messages), unseen = number(imap::StatusItem::unseen);
      if (options_.show.json) {
        std::cout << boost::json::serialize(boost::json::object{
                         {"mailbox", entry.mailbox.name}, {"messages", messages}, {"unseen", unseen}})
                  << '\n';
      } else {
        std::cout << mime::terminal_text(entry.mailbox.name) << "  " << messages << " messages, " << unseen
                  << " unseen\n";
      }
    }
  }

  imap::NumberSet wanted() {
    if (options_.number != 0) {
      return static_cast<std::uint32_t>(options_.number);
    }
    const imap::NumberSet found = client_.search(search_criteria(options_.search));
    const bool all = options_.all || !options_.search.empty();
    return all || found.empty() ? found : imap::NumberSet(found.largest());
  }

  void show(const imap::NumberSet& uids) {
    if (options_.summary) {
      client_.fetch(uids, {.flags = true, .envelope = true, .size = true, .internal_date = true},
                    [this](imap::response::Fetch& message) { print_summary(message); });
      return;
    }
    for (const std::uint32_t uid : uids) {
      client_.retrieve(uid, [this](std::string_view chunk) { received_.take(chunk); });
      received_.end("uid", uid, std::to_string(client_.selected()->uid_validity) + '.' + std::to_string(uid));
    }
  }

  void print_summary(const imap::response::Fetch& message) {
    if (!message.uid || !message.envelope) {
      return;  // flags that somebody else has changed meanwhile
    }
    const imap::Envelope& envelope = *message.envelope;
    const std::string subject = mime::decode_words(envelope.subject.value_or(""));
    std::string from;
    for (const imap::EnvelopeAddress& address : envelope.from) {
      from += from.empty() ? "" : ", ";
      from += address.name ? mime::decode_words(*address.name)
                           : address.mailbox.value_or("") + '@' + address.host.value_or("");
    }
    const std::string flags = message.flags ? message.flags->to_string() : "";
    const std::string date = message.internal_date ? mime::format_date(*message.internal_date) : "";
    if (options_.show.json) {
      std::cout << boost::json::serialize(boost::json::object{{"uid", *message.uid},
                                                              {"size", message.size.value_or(0)},
                                                              {"date", date},
                                                              {"flags", flags},
                                                              {"from", from},
                                                              {"subject", subject}})
                << '\n';
    } else {
      std::cout << *message.uid << "  " << date << "  " << mime::terminal_text(from) << "  "
                << mime::terminal_text(subject) << (flags.empty() ? "" : "  (" + flags + ')') << '\n';
    }
  }

  void change(const imap::NumberSet& uids) {
    if (!options_.flag.empty()) {
      client_.add_flags(uids, flags_of(options_.flag));
    }
    if (!options_.unflag.empty()) {
      client_.remove_flags(uids, flags_of(options_.unflag));
    }
    if (!options_.move.empty()) {
      client_.move(uids, options_.move);
    }
    if (options_.remove) {
      client_.add_flags(uids, imap::SystemFlag::deleted);
      client_.expunge(uids);
    }
  }

  /// Shows what comes, until it is interrupted.
  void watch() {
    std::cout << std::flush;
    std::uint32_t next = client_.selected()->uid_next;
    for (;;) {
      client_.idle();
      const imap::NumberSet all =
          client_.search(imap::uids(imap::NumberSet::of({{next, std::numeric_limits<std::uint32_t>::max()}})));
      imap::NumberSet fresh;  // a set that ends in "*" has the last message, whatever its number (RFC 9051 section 9)
      for (const std::uint32_t uid : all) {
        if (uid >= next) {
          fresh.add(uid);
        }
      }
      if (!fresh.empty()) {
        show(fresh);
        change(fresh);
        next = fresh.largest() + 1;
        std::cout << std::flush;
      }
    }
  }

  imap::Client& client_;
  const ReceiveOptions& options_;
  Received received_;
};

}  // namespace

void receive_by_imap(const ReceiveOptions& options) {
  auto client = logged_in<imap::Client, imap::ClientOptions>(options.server, options.max_size);
  ImapReceiver(client, options).run();
  client.logout();
}

}  // namespace posthouse::app
