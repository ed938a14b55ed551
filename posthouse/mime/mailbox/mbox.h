#pragma once
// mbox: many messages in one file (RFC 4155, and the older forms it leaves out).
//
//   mbox     = *entry
//   entry    = "From " sender SP date LF  message  LF      ; the last LF is an empty line
//   date     = "Thu Nov 26 11:05:00 2026"                  ; asctime, UTC
//
// The forms differ in how a line of the message that begins with "From " is told from the next entry:
//
//   mboxo    ">" before "From "                            (">From " itself is not marked: reading cannot be exact)
//   mboxrd   ">" before *">" "From "                       (exact)
//   mboxcl   as mboxo, and Content-Length counts the octets of the body as they are in the file
//   mboxcl2  nothing is marked, Content-Length alone says where a message ends
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::mime {

/// How a message is kept apart from the next one (see above).
enum class MboxFormat : std::uint8_t {
  /// Reading only: Content-Length is believed where it leads to another entry or the end, else mboxrd. With lengths it
  /// is mboxcl2 where any message of the file has a line "From ", else mboxcl.
  automatic,
  mboxo,
  mboxrd,
  mboxcl,
  mboxcl2
};

/// One entry of an mbox. Views into the reader's octets.
struct MboxEntry {
  std::string_view raw{};  ///< The message as it is in the file: marks kept, without From line and last empty line.
  std::string_view from_line{};  ///< The From line without its line end; empty where a file begins without one.
  std::size_t offset = 0;        ///< Of from_line, from the start of the file.
  MboxFormat format{};           ///< How its lines are marked: as the reader was told, or (automatic) what it found.

  /// The envelope sender: the word behind "From ".
  std::string_view sender() const noexcept;
  /// The message: raw with the marks taken off.
  std::string message() const;
};

/// Reads an mbox of any size, one message after the other; only what is looked at is in memory.
///
///     auto reader = mime::MboxReader::open("inbox");
///     while (const auto entry = reader.next()) import(entry->message());
///
/// Never throws on what is in the file; linear time. LF and CRLF line ends are read. A file that does not begin with a
/// From line is read as one entry up to the first.
class MboxReader {
 public:
  /// Reads a file: a regular file of 1 MiB or more is mapped, any other is read to memory. What other programs append
  /// later is not seen. Where another program cuts a mapped file short, next() stops at the new end; but whoever looks at
  /// views of octets that are gone, or is in next() just then, ends the process (SIGBUS). The locks of MboxWriter keep
  /// other programs away. Throws Errc::file.
  static MboxReader open(const std::filesystem::path& path, MboxFormat format = MboxFormat::automatic);
  /// Reads octets that must outlive the reader and its entries.
  explicit MboxReader(std::string_view octets, MboxFormat format = MboxFormat::automatic);
  ~MboxReader();
  MboxReader(MboxReader&&) noexcept;
  MboxReader& operator=(MboxReader&&) noexcept;

  /// The next entry; nothing at the end. Its views are valid as long as the reader.
  std::optional<MboxEntry> next();

 private:
  class Source;
  std::size_t end_by_length(std::size_t begin) const;
  std::size_t next_from_line(std::size_t at) const;
  MboxFormat format_by_length(std::size_t at, std::string_view raw);
  bool has_unmarked_entry(std::size_t at) const;

  std::unique_ptr<Source> source_{};
  std::string_view octets_{};
  std::size_t at_ = 0;
  MboxFormat format_;
  std::optional<bool> lengths_alone_{};  // automatic: is it mboxcl2, as far as is known
};

/// True when `octets` begin as an mbox does: a From line with a date, or with a header field in the next line.
bool looks_like_mbox(std::string_view octets) noexcept;

/// How entries are written.
struct MboxOptions {
  MboxFormat format = MboxFormat::mboxrd;  ///< `automatic` is mboxrd.
  bool crlf = false;                       ///< CRLF line ends rather than LF, which is what mail readers expect.
  std::chrono::milliseconds lock_patience{30'000};  ///< How long MboxWriter waits for other programs.
};

/// Writes one entry to `sink`, in pieces that are valid during the call: From line, the message with its lines marked as the form asks and its line
/// ends made LF (CRLF with options.crlf), an empty line. The mboxcl forms replace the message's Content-Length.
/// `sender` is "MAILER-DAEMON" where it is empty; white space in it becomes "-".
void write_mbox_entry(const std::function<void(std::string_view)>& sink, std::string_view message,
                      std::string_view sender, std::chrono::system_clock::time_point received,
                      const MboxOptions& options = {});

/// Appends to an mbox file, with the locks other mail programs look for: FILE.lock and fcntl.
///
///     mime::MboxWriter writer("archive");
///     writer.add(message, "ann@one.test");
///     writer.close();
///
/// Each add() is whole or not there: where it fails, the file is cut back to what it was.
class MboxWriter {
 public:
  /// Opens or makes (mode 0600) the file and locks it; blocks the thread. A FILE.lock that nobody has touched for five
  /// minutes is taken away. Where the folder may not be written to, the fcntl lock is held alone.
  /// Throws Errc::file, or Errc::locked (retryable) when another program holds the lock too long.
  explicit MboxWriter(const std::filesystem::path& path, MboxOptions options = {});
  /// Unlocks. What was added is in the file, but only close() makes sure that it is on the disk.
  ~MboxWriter();
  MboxWriter(MboxWriter&&) noexcept;
  MboxWriter& operator=(MboxWriter&&) noexcept;

  /// Appends a message as write_mbox_entry() writes it. Throws Errc::file; the mbox is then as before.
  void add(std::string_view message, std::string_view sender = {},
           std::chrono::system_clock::time_point received = std::chrono::system_clock::now());
  /// Syncs and unlocks. Throws Errc::file where the system cannot promise that all is on the disk.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace posthouse::mime
