#pragma once
// A message, written.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/fields/address.h"
#include "posthouse/mime/fields/date.h"
#include "posthouse/mime/formats/media_types.h"

namespace posthouse::mime {

class Content;

/// What a builder takes from outside (tests give a clock and random numbers of their own), and how it writes where there
/// is a choice.
struct BuildOptions {
  std::function<Date()> now{};              ///< The Date to write; the system's clock (in UTC) when empty.
  std::function<std::uint64_t()> random{};  ///< For ids and boundaries; the system's random numbers when empty.
  std::string domain{};                     ///< Right side of Message-ID; the sender's domain when empty.
  /// Texts outside ASCII as they are (Content-Transfer-Encoding 8bit, RFC 2045 section 6.2) rather than in
  /// quoted-printable or base64: shorter, for servers that offer 8BITMIME (RFC 6152), as nearly all do.
  bool eight_bit = false;
  /// text() as format=flowed (RFC 3676, see flow()): long paragraphs are broken so that a reader can join them again.
  bool flowed = false;
  /// File names stand in Content-Disposition as RFC 2231 has them, and again in Content-Type's "name", there as encoded
  /// words. RFC 2047 section 5 forbids these; Outlook and other programs that do not know RFC 2231 read nothing else.
  bool encoded_word_names = true;
};

/// Makes a message out of what a person has: addresses, a subject, a text, its HTML, pictures, files (RFC 5322,
/// RFC 2045, RFC 2046).
///
///     const std::string bytes = mime::MessageBuilder()
///         .from("张三", "ann@one.test").to("bob@two.test").subject("你好")
///         .text("See the picture.").html("<p>See: <img src='cid:map'>").inline_file("map.png", "map")
///         .attach("report.pdf")
///         .build();
///
/// The structure follows from what there is: text, HTML and alternatives become multipart/alternative, HTML and its
/// inline files multipart/related (RFC 2387) inside it, attachments multipart/mixed around it. The smallest structure
/// that does is written. Of texts the transfer encoding that reads best is taken, of files base64.
///
/// All strings are UTF-8. Every function throws Error where what it is given cannot be written correctly:
/// Errc::header_injection (CR, LF or NUL in a header value), Errc::charset (not UTF-8), Errc::address (no valid address),
/// Errc::header (a field name that is none, or is not for the caller to set; no media type), Errc::file (a file that
/// cannot be read), Errc::incomplete (build() without a sender). The builder is then as it was.
///
/// A copy shares texts and files with its original: it costs little however large they are.
class MessageBuilder {
 public:
  /// A message without anything in it yet.
  explicit MessageBuilder(BuildOptions options = {});
  MessageBuilder(const MessageBuilder&);
  MessageBuilder(MessageBuilder&&) noexcept;
  MessageBuilder& operator=(const MessageBuilder&);
  MessageBuilder& operator=(MessageBuilder&&) noexcept;
  ~MessageBuilder();

  /// The authors (RFC 5322 section 3.6.2); with several, the first becomes Sender unless header() says another.
  ///
  /// A list is what a person types: "Ann <ann@one.test>, bob@two.test". Each call adds to those before. Names outside
  /// ASCII are written as encoded words (RFC 2047), domains as A-labels (RFC 5890).
  MessageBuilder& from(std::string_view list);
  MessageBuilder& from(std::string_view name, std::string_view addr);  ///< The same for one mailbox.
  MessageBuilder& from(const Address& address);                        ///< The same for one mailbox.
  /// Recipients everybody sees (RFC 5322 section 3.6.3). As from().
  MessageBuilder& to(std::string_view list);
  MessageBuilder& to(std::string_view name, std::string_view addr);  ///< The same for one mailbox.
  MessageBuilder& to(const Address& address);                        ///< The same for one mailbox.
  /// Recipients of a copy, whom everybody sees (RFC 5322 section 3.6.3). As from().
  MessageBuilder& cc(std::string_view list);
  MessageBuilder& cc(std::string_view name, std::string_view addr);  ///< The same for one mailbox.
  MessageBuilder& cc(const Address& address);                        ///< The same for one mailbox.
  /// Recipients whom nobody sees: they are in recipients(), and never written to the message.
  MessageBuilder& bcc(std::string_view list);
  MessageBuilder& bcc(std::string_view name, std::string_view addr);  ///< The same for one mailbox.
  MessageBuilder& bcc(const Address& address);                        ///< The same for one mailbox.
  /// Where answers go (RFC 5322 section 3.6.2). As from().
  MessageBuilder& reply_to(std::string_view list);
  MessageBuilder& reply_to(std::string_view name, std::string_view addr);  ///< The same for one mailbox.
  MessageBuilder& reply_to(const Address& address);                        ///< The same for one mailbox.

  /// The Subject: in encoded words where it is not ASCII (RFC 2047), folded (RFC 5322 section 2.2.3).
  MessageBuilder& subject(std::string_view text);
  /// The Date (RFC 5322 section 3.6.1); without this, the time of build().
  MessageBuilder& date(const Date& date);
  MessageBuilder& date(std::chrono::system_clock::time_point moment);  ///< The same for a moment, in UTC.
  /// The Message-ID (RFC 5322 section 3.6.4), with or without "<" and ">"; without this, a new one for each build().
  MessageBuilder& message_id(std::string_view id);
  /// Adds any other field at each call. A name that this class has a function for is given to that function; MIME-Version
  /// and Content-* are refused. In-Reply-To and References take message ids separated by blanks.
  MessageBuilder& header(std::string_view name, std::string_view value);

  /// The plain text. Line ends become CRLF, and one is added at the end where it is missing.
  MessageBuilder& text(std::string_view utf8);
  /// The HTML. Line ends as in text(). Together with text() it makes a multipart/alternative.
  MessageBuilder& html(std::string_view utf8);
  /// What text() says, in yet another form (RFC 2046 section 5.1.4): an invitation, say.
  ///
  ///     builder.text("Monday at ten?").alternative("text/calendar; method=REQUEST", ics);
  ///
  /// Readers show the last alternative they understand: the text comes first, the others in the order of the calls,
  /// html() too. A text/* is UTF-8, with line ends as in text(); other types stay octet by octet.
  MessageBuilder& alternative(std::string_view type, std::string content);
  /// A file shown inside the HTML where it says "cid:…" (RFC 2392). As attach(). `type` is a media type with its
  /// parameters; empty: see media_type_of.
  MessageBuilder& inline_file(const std::filesystem::path& path, std::string_view cid, std::string_view type = {});
  /// The same from memory.
  MessageBuilder& inline_bytes(std::string_view name, std::string bytes, std::string_view cid,
                               std::string_view type = {});
  /// A file to be saved by the reader, under the last part of its path (RFC 2183, RFC 2231). Its media type follows
  /// from its name, or from what it begins with. Read at once up to 256 KiB; a larger one is read while the message is
  /// written, and must be there and as long as it was until then.
  MessageBuilder& attach(const std::filesystem::path& path);
  /// The same from memory. `name` may be empty. `type` as in inline_file(); "message/rfc822" is written as it is.
  MessageBuilder& attach(std::string_view name, std::string bytes, std::string_view type = {});

  /// Encodes the files that are in memory once and for all, instead of at each build(): for a builder that makes many
  /// messages, itself or by its copies.
  MessageBuilder& encode_files();

  /// The message: CRLF line ends, no line over 998 octets (RFC 5322 section 2.1.1), those of the header folded at 76
  /// where they can be; Date, Message-ID and MIME-Version written. The builder keeps everything and may be used
  /// further; without message_id() each build has an id of its own.
  std::string build() const;
  /// The same message, given to `sink` in pieces: large files are read from the disk while it is written, and never are
  /// in memory as a whole. A piece is valid during the call. What `sink` throws comes out.
  ///
  ///     client.send(envelope, [&](const auto& write) { builder.write_to(write); });  // smtp::Client
  void write_to(const std::function<void(std::string_view piece)>& sink) const;

  /// The envelope: addr-specs of To, Cc and Bcc in this order, each once, domains with non-ASCII letters as IDNA
  /// A-labels.
  std::vector<std::string> recipients() const;
  /// The first From address (addr-spec); empty when there is none.
  std::string sender() const;
  /// True when an address has a local part outside ASCII, so that only an SMTPUTF8 server can carry the message.
  bool needs_smtputf8() const;

 private:
  struct State;
  MessageBuilder& add_file(std::string_view name, Content content, std::string_view type, std::string_view cid);
  std::unique_ptr<State> state_;
};

}  // namespace posthouse::mime
