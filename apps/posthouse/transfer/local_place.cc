#include "apps/posthouse/transfer/local_place.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <unordered_map>

#include "apps/posthouse/transfer/mbox_place.h"

#include "posthouse/base/error.h"
#include "posthouse/imap/wire/text/mailbox_name.h"
#include "posthouse/mime/mailbox/maildir.h"
#include "posthouse/mime/tree/message.h"
#include "posthouse/mime/wire/line_ends.h"

namespace posthouse::app {
namespace {

constexpr std::pair<bool mime::MaildirFlags::*, imap::SystemFlag> maildir_flags[] = {
    {&mime::MaildirFlags::seen, imap::SystemFlag::seen},
    {&mime::MaildirFlags::replied, imap::SystemFlag::answered},
    {&mime::MaildirFlags::flagged, imap::SystemFlag::flagged},
    {&mime::MaildirFlags::trashed, imap::SystemFlag::deleted},
    {&mime::MaildirFlags::draft, imap::SystemFlag::draft}};

imap::Flags flags_of(const mime::MaildirFlags& given) {
  imap::Flags flags;
  for (const auto& [member, flag] : maildir_flags) {
    if (given.*member) {
      flags.add(flag);
    }
  }
  if (given.passed) {
    flags.add("$Forwarded");
  }
  return flags;
}

mime::MaildirFlags flags_of(const imap::Flags& given) {
  mime::MaildirFlags flags;
  for (const auto& [member, flag] : maildir_flags) {
    flags.*member = given.has(flag);
  }
  flags.passed = given.has("$Forwarded");
  return flags;
}

/// When it was delivered: the number its name begins with.
std::optional<mime::Date> date_of(const mime::MaildirEntry& entry) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(entry.name.data(), entry.name.data() + entry.name.size(), seconds);
  return error == std::errc() && seconds > 0
             ? std::optional(mime::Date{.utc = std::chrono::sys_seconds(std::chrono::seconds(seconds))})
             : std::nullopt;
}

/// A Maildir with its folders (Maildir++), whose names are in modified UTF-7 with "." between levels.
class MaildirPlace final : public MailPlace {
 public:
  explicit MaildirPlace(mime::Maildir box) : box_(std::move(box)) {}

  std::vector<std::string> mailboxes() override {
    std::vector<std::string> names = {"INBOX"};
    for (std::string name : box_.folders()) {
      name = imap::decode_utf7(name).value_or(name);
      std::ranges::replace(name, '.', '/');
      names.push_back(std::move(name));
    }
    return names;
  }
  std::vector<PlacedMessage> open(const std::string& mailbox) override {
    entries_.clear();
    const auto names = mailboxes();
    if (std::ranges::find(names, mailbox) == names.end()) {
      return {};
    }
    opened_ = folder(mailbox);
    entries_ = opened_->list();
    std::vector<PlacedMessage> messages;
    for (const mime::MaildirEntry& entry : entries_) {
      messages.push_back({.number = messages.size() + 1,
                          .key = message_key(opened_->read(entry)),
                          .flags = flags_of(entry.flags),
                          .date = date_of(entry)});
    }
    return messages;
  }
  std::string text(const PlacedMessage& message) override {
    return mime::with_crlf(opened_->read(entries_.at(message.number - 1)));
  }
  void add(const std::string& mailbox, std::string_view text, const PlacedMessage& like) override {
    const mime::Maildir to = folder(mailbox);
    const mime::MaildirEntry entry = to.deliver(text, flags_of(like.flags));
    if (like.date) {  // the time that readers take for INTERNALDATE
      std::filesystem::last_write_time(to.path_of(entry), std::chrono::file_clock::from_sys(like.date->utc));
    }
  }
  void set_flags(const PlacedMessage& message, const imap::Flags& flags) override {
    opened_->set_flags(entries_.at(message.number - 1), flags_of(flags));
  }

 private:
  mime::Maildir folder(const std::string& mailbox) const {
    if (mailbox == "INBOX") {
      return box_;
    }
    std::string name = mailbox;
    std::ranges::replace(name, '.', '_');
    std::ranges::replace(name, '/', '.');
    return box_.create_folder(imap::encode_utf7(name));
  }

  const mime::Maildir box_;
  std::optional<mime::Maildir> opened_;
  std::vector<mime::MaildirEntry> entries_;
};

/// Where a Maildir would be.
class NothingYet final : public MailPlace {
 public:
  std::vector<std::string> mailboxes() override { return {}; }
  std::vector<PlacedMessage> open(const std::string&) override { return {}; }
  std::string text(const PlacedMessage&) override { return {}; }
  void add(const std::string&, std::string_view, const PlacedMessage&) override {}
  void set_flags(const PlacedMessage&, const imap::Flags&) override {}
};

/// A file with one message.
class MessageFile final : public MailPlace {
 public:
  explicit MessageFile(std::string octets) : octets_(std::move(octets)) {}
  std::vector<std::string> mailboxes() override { return {"INBOX"}; }
  std::vector<PlacedMessage> open(const std::string&) override {
    return {{.number = 1, .key = message_key(octets_), .date = mime::Message::view(octets_).date()}};
  }
  std::string text(const PlacedMessage&) override { return mime::with_crlf(octets_); }
  void add(const std::string&, std::string_view, const PlacedMessage&) override {}
  void set_flags(const PlacedMessage&, const imap::Flags&) override {}

 private:
  const std::string octets_;
};

}  // namespace

std::unique_ptr<MailPlace> local_source(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) {
    if (!mime::Maildir::is_one(path)) {
      throw Error(path.string() + " is no Maildir: it has no folders cur and new");
    }
    return std::make_unique<MaildirPlace>(mime::Maildir::open(path));
  }
  std::ifstream file(path, std::ios::binary);
  std::string begin(64 * 1024, '\0');
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  begin.resize(static_cast<std::size_t>(file.gcount()));
  if (begin.empty()) {
    throw Error(path.string() + (std::filesystem::exists(path) ? " is empty or cannot be read" : " is not there"));
  }
  if (mime::looks_like_mbox(begin)) {
    return std::make_unique<MboxPlace>(path);
  }
  file.clear();
  file.seekg(0);
  return std::make_unique<MessageFile>(std::string(std::istreambuf_iterator<char>(file), {}));
}

std::unique_ptr<MailPlace> local_target(const std::filesystem::path& path, LocalForm form, bool dry_run) {
  if (form == LocalForm::maildir) {
    if (dry_run && !mime::Maildir::is_one(path)) {
      return std::make_unique<NothingYet>();
    }
    return std::make_unique<MaildirPlace>(mime::Maildir::create(path));
  }
  return std::make_unique<MboxPlace>(path);
}

}  // namespace posthouse::app
