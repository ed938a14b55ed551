#include "apps/posthouse/transfer/copy.h"

#include <cstdio>
#include <iostream>
#include <string>
#include <unordered_map>

#include "apps/posthouse/progress.h"

#include "posthouse/base/error.h"
#include "posthouse/imap/client/error.h"
#include "posthouse/mime/read/terminal_text.h"
#include "posthouse/mime/tree/message.h"
#include "posthouse/net/error.h"

namespace posthouse::app {
namespace {

constexpr std::size_t shown_every = 16;  // messages

/// The connection is of no use any more: there is no sense in going on with the next message.
bool is_the_end(const posthouse::Error& error) {
  const auto* refused = dynamic_cast<const imap::Error*>(&error);
  return dynamic_cast<const net::Error*>(&error) != nullptr || (refused != nullptr && !refused->connection_usable());
}

class MailboxCopy {
 public:
  MailboxCopy(MailPlace& from, MailPlace& to, const CopyOptions& options) : from_(from), to_(to), options_(options) {}

  /// Returns how many messages were passed over.
  std::size_t run(const std::string& mailbox) {
    const std::string& target = options_.into.empty() ? mailbox : options_.into;
    const std::string name = mime::terminal_text(mailbox);
    std::unordered_map<std::string, std::vector<PlacedMessage>> there;
    for (PlacedMessage& message : to_.open(target)) {
      there[message.key].push_back(std::move(message));
    }
    const std::vector<PlacedMessage> messages = from_.open(mailbox);
    std::size_t copied = 0, known = 0, flagged = 0, failed = 0;
    {
      Progress progress;
      std::size_t done = 0;
      for (const PlacedMessage& message : messages) {
        auto& copies = there[message.key];
        try {
          if (copies.empty()) {
            copy(message, target);
            ++copied;
          } else {
            ++known;
            // The first of several like ones is taken for the copy of the first.
            flagged += adjust(copies.front(), message);
            copies.erase(copies.begin());
          }
        } catch (const posthouse::Error& error) {
          if (is_the_end(error)) {
            throw;
          }
          ++failed;
          std::fprintf(stderr, "%s: message %llu: %s\n", name.c_str(), static_cast<unsigned long long>(message.number),
                       error.what());
        }
        if (++done % shown_every == 0 || done == messages.size()) {
          progress.show(name, done, messages.size());
        }
      }
    }
    std::cout << mime::terminal_text(target) << ": " << copied << (options_.dry_run ? " to be copied, " : " copied, ")
              << known << " there already";
    if (options_.flags) {
      std::cout << ", flags of " << flagged << (options_.dry_run ? " to be changed" : " changed");
    }
    if (failed != 0) {
      std::cout << ", " << failed << " failed";
    }
    std::cout << '\n' << std::flush;
    return failed;
  }

 private:
  void copy(const PlacedMessage& message, const std::string& target) {
    if (!options_.dry_run) {
      to_.add(target, from_.text(message), message);
    }
  }

  bool adjust(const PlacedMessage& copy, const PlacedMessage& original) {
    if (!options_.flags || copy.flags == original.flags) {
      return false;
    }
    if (!options_.dry_run) {
      to_.set_flags(copy, original.flags);
    }
    return true;
  }

  MailPlace& from_;
  MailPlace& to_;
  const CopyOptions& options_;
};

}  // namespace

std::string message_key(std::string_view header) {
  const mime::Message message = mime::Message::view(header);
  if (std::string id = message.message_id(); !id.empty()) {
    return id;
  }
  std::string key;
  for (const char* name : {"Date", "From", "Subject"}) {
    key += message.header(name) + '\n';
  }
  return key;
}

std::size_t copy_messages(MailPlace& from, MailPlace& to, const CopyOptions& options) {
  std::size_t failed = 0;
  for (const std::string& mailbox : options.mailboxes.empty() ? from.mailboxes() : options.mailboxes) {
    failed += MailboxCopy(from, to, options).run(mailbox);
  }
  to.finish();
  return failed;
}

}  // namespace posthouse::app
