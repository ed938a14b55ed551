#pragma once
// Maildir: a folder that holds one file a message, delivered to without locks; and Maildir++, which puts folders
// inside it.
//
//   maildir/tmp/…                       being written
//   maildir/new/UNIQUE                  delivered, not yet seen by a mail reader
//   maildir/cur/UNIQUE:2,FLAGS          seen; FLAGS in the order of the alphabet
//   maildir/.Folder.Sub/{tmp,new,cur}   the folder "Folder.Sub" (Maildir++)
//
// UNIQUE is TIME.MmicrosecondsPpidQcountRrandom.HOST,S=SIZE.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::mime {

/// What a mail reader remembers of a message. Letters that are none of these (Dovecot's keywords a–z) are kept as they
/// are by Maildir::set_flags.
struct MaildirFlags {
  bool passed = false;   ///< P: resent, forwarded or bounced.
  bool replied = false;  ///< R
  bool seen = false;     ///< S
  bool trashed = false;  ///< T
  bool draft = false;    ///< D
  bool flagged = false;  ///< F

  friend bool operator==(const MaildirFlags&, const MaildirFlags&) = default;
};

/// One message of a Maildir: where it is, not what is in it.
struct MaildirEntry {
  std::string name{};                        ///< The file's name.
  bool fresh = false;                        ///< In new rather than cur.
  MaildirFlags flags{};                      ///< Out of its name.
  std::string_view unique() const noexcept;  ///< The name without ":2,FLAGS": stays the same for the message's life.

  friend bool operator==(const MaildirEntry&, const MaildirEntry&) = default;
};

/// A Maildir, or one folder of one.
///
///     const auto box = mime::Maildir::open("Maildir");
///     for (const auto& entry : box.list()) import(box.read(entry), entry.flags);
///     box.deliver(message);
///
/// Several programs may use one Maildir at a time: a message that another program has moved is found by its unique name.
/// Calls block the thread. All throw Errc::file where the system refuses, Errc::gone where a message is no longer there,
/// Errc::folder for a name no folder can have.
class Maildir {
 public:
  /// The Maildir at `path`. Throws Errc::folder where there is none: cur or new is missing.
  static Maildir open(const std::filesystem::path& path);
  /// Makes the folders (mode 0700) that are not there yet.
  static Maildir create(const std::filesystem::path& path);
  /// True when there are cur and new in it.
  static bool is_one(const std::filesystem::path& path) noexcept;

  /// The folder it was made for.
  const std::filesystem::path& path() const noexcept { return path_; }
  /// All messages, new and cur, by time of delivery as their names have it. Files whose names begin with "." are none,
  /// and neither is what is no file.
  std::vector<MaildirEntry> list() const;
  /// The message as it is in the file.
  std::string read(const MaildirEntry& entry) const;
  /// Where the file is at the moment.
  std::filesystem::path path_of(const MaildirEntry& entry) const;

  /// Writes a message to new, or (with `flags`) to cur: to a file in tmp first, which is synced and then renamed; then
  /// the folder is synced. When it returns, the message survives a crash; when it throws, there is none.
  MaildirEntry deliver(std::string_view message) const;
  MaildirEntry deliver(std::string_view message, const MaildirFlags& flags) const;  ///< The same, to cur.
  /// Moves the message to cur, under a name that has these flags. Returns the entry it is then.
  MaildirEntry set_flags(const MaildirEntry& entry, const MaildirFlags& flags) const;
  /// Removes the message for good.
  void remove(const MaildirEntry& entry) const;
  /// Removes files in tmp that nobody has touched for 36 hours: deliveries that were broken off.
  void clean() const;

  /// Maildir++ folders by name ("Work", "Work.2026"), sorted. Names are as on the disk; most programs write them in
  /// the modified UTF-7 of IMAP (RFC 3501 section 5.1.3).
  std::vector<std::string> folders() const;
  /// One of these folders. Throws Errc::folder where there is none of that name.
  Maildir folder(std::string_view name) const;
  /// The same, made if it is not there, with the empty file "maildirfolder" that Maildir++ asks for.
  Maildir create_folder(std::string_view name) const;

 private:
  explicit Maildir(std::filesystem::path path) : path_(std::move(path)) {}
  MaildirEntry deliver_to(std::string_view message, const char* where, std::string_view info) const;
  std::filesystem::path path_;
};

}  // namespace posthouse::mime
