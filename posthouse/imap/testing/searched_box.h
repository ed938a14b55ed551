#pragma once
// A mailbox in memory that counts what is asked of it, for the tests of searches (private).
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/base/text.h"
#include "posthouse/imap/testing/shared_mailbox.h"
#include "posthouse/mime/mailbox/mbox.h"

namespace posthouse::imap {

/// `text` with CRLF line ends.
inline std::string with_crlf(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i] == '\n' && (i == 0 || text[i - 1] != '\r') ? "\r\n" : std::string(1, text[i]);
  }
  return out;
}

/// The date of an mbox's From line: "From … Fri Feb 22 17:06:23 2008", with an offset behind it or without.
inline std::optional<mime::Date> from_line_date(std::string_view line) {
  const std::size_t blanks = line.find("  ");
  std::vector<std::string> words;
  for (const std::string_view word : split(line.substr(std::min(blanks, line.size())), ' ')) {
    if (!word.empty()) {
      words.emplace_back(word);
    }
  }
  if (words.size() < 5) {
    return std::nullopt;
  }
  return mime::parse_date(words[2] + ' ' + words[1] + ' ' + words[4] + ' ' + words[3] + ' ' +
                          (words.size() > 5 ? words[5] : "+0000"));
}

/// Messages, which tests may change while they are open.
class SearchedBox {
 public:
  /// Adds a message (LF line ends become CRLF); returns its UID. Without a date it is of 30 November 2026, 00:00.
  std::uint32_t append(std::string_view message, const NewMail& mail = {}) {
    constexpr std::chrono::sys_days day(std::chrono::year(2026) / 11 / 30);
    return user_.add(box_, std::make_shared<const std::string>(with_crlf(message)), mail.flags,
                     mail.date.value_or(mime::Date{day, {}, true}));
  }
  /// Adds the messages of an mbox, in their order, with the dates of their From lines.
  void append_mbox(std::string_view mbox, const Flags& flags = {}) {
    mime::MboxReader reader(mbox);
    while (const auto entry = reader.next()) {
      append(entry->message(), {.flags = flags, .date = from_line_date(entry->from_line)});
    }
  }
  /// Adds a flag.
  void set(std::uint32_t uid, const Flags& flags) { open()->store(uid, {.mode = StoreMode::add, .flags = flags}); }
  /// Takes messages away, whatever their flags.
  void remove(const NumberSet& uids) {
    user_.take_out(box_, [&](const SharedMessage& message) { return uids.contains(message.uid); });
  }
  /// Opens it; must not outlive it.
  std::unique_ptr<OpenMailbox> open() { return std::make_unique<Open>(*this); }

  /// OpenMailbox::candidates(); empty: no index helps.
  std::function<std::optional<NumberSet>(const SearchKeys&)> candidates{};
  std::map<Want, std::uint64_t> told{};  ///< Of how many messages each was told.
  std::uint64_t octets_read = 0;

 private:
  class Open final : public SharedMailbox {
   public:
    explicit Open(SearchedBox& box)
        : SharedMailbox(box.user_, box.user_.boxes.at("INBOX"), false, box.fault_, 16 * 1024), box_(box) {}
    NumberSet fetch(const NumberSet& uids, Wants wants, const std::function<bool(const Message&)>& each) override {
      return SharedMailbox::fetch(uids, wants, [&](const Message& message) {
        for (const Want want : {Want::size, Want::envelope, Want::structure, Want::content}) {
          box_.told[want] += has(wants, want) ? 1 : 0;
        }
        return each(message);
      });
    }
    bool read(std::uint32_t uid, std::uint64_t offset, std::uint64_t size,
              const std::function<bool(std::string_view)>& sink) override {
      return SharedMailbox::read(uid, offset, size, [&](std::string_view piece) {
        box_.octets_read += piece.size();
        return sink(piece);
      });
    }
    std::optional<NumberSet> candidates(const SearchKeys& keys) override {
      return box_.candidates ? box_.candidates(keys) : std::nullopt;
    }

   private:
    SearchedBox& box_;
  };

  MemoryUser user_{};
  SharedBox& box_ = user_.box("INBOX");
  MemoryFault fault_ = [](std::string_view) {};
};

}  // namespace posthouse::imap
