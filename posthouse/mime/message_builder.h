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

#include "posthouse/mime/address.h"
#include "posthouse/mime/date.h"

namespace posthouse::mime {

/// What a builder takes from the world; tests put their own here.
struct BuildOptions {
  std::function<Date()> now{};              ///< The Date to write; the system's clock (in UTC) when empty.
  std::function<std::uint64_t()> random{};  ///< For ids and boundaries; the system's random numbers when empty.
  std::string domain{};                     ///< Right side of Message-ID; the sender's domain when empty.
};

/// Makes a message out of what a person has: addresses, a subject, a text, its HTML, pictures, files.
///
///     const std::string bytes = mime::MessageBuilder()
///         .from("张三", "ann@one.test").to("bob@two.test").subject("你好")
///         .text("See the picture.").html("<p>See: <img src='cid:map'>").inline_file("map.png", "map")
///         .attach("report.pdf")
///         .build();
///
/// The structure follows from what there is: text and HTML become multipart/alternative, HTML and its inline files
/// multipart/related inside it, attachments multipart/mixed around it. The smallest structure that does is written.
///
/// All strings are UTF-8. Every function throws posthouse::Error where what it is given cannot be written correctly:
/// "mime.header-injection" (CR, LF or NUL in a header value), "mime.charset" (not UTF-8), "mime.address" (no valid
/// address), "mime.header" (a field name that is none, or is not for the caller to set), "mime.file" (a file that
/// cannot be read), "mime.incomplete" (build() without a sender).
class MessageBuilder {
 public:
  explicit MessageBuilder(BuildOptions options = {});
  MessageBuilder(const MessageBuilder&);
  MessageBuilder(MessageBuilder&&) noexcept;
  MessageBuilder& operator=(const MessageBuilder&);
  MessageBuilder& operator=(MessageBuilder&&) noexcept;
  ~MessageBuilder();

  // Addresses. A list is what a person types: "Ann <ann@one.test>, bob@two.test". Each call adds to those before.
  MessageBuilder& from(std::string_view list);
  MessageBuilder& from(std::string_view name, std::string_view addr);
  MessageBuilder& from(const Address& address);
  MessageBuilder& to(std::string_view list);
  MessageBuilder& to(std::string_view name, std::string_view addr);
  MessageBuilder& to(const Address& address);
  MessageBuilder& cc(std::string_view list);
  MessageBuilder& cc(std::string_view name, std::string_view addr);
  MessageBuilder& cc(const Address& address);
  /// Recipients who get the message without the others seeing it: in recipients(), never written.
  MessageBuilder& bcc(std::string_view list);
  MessageBuilder& bcc(std::string_view name, std::string_view addr);
  MessageBuilder& bcc(const Address& address);
  MessageBuilder& reply_to(std::string_view list);
  MessageBuilder& reply_to(std::string_view name, std::string_view addr);
  MessageBuilder& reply_to(const Address& address);

  MessageBuilder& subject(std::string_view text);
  MessageBuilder& date(const Date& date);
  MessageBuilder& date(std::chrono::system_clock::time_point moment);
  /// With or without "<" and ">".
  MessageBuilder& message_id(std::string_view id);
  /// Any other field, as often as it is called. For a name this class has a function for, the same as that function;
  /// MIME-Version and Content-* are refused. In-Reply-To and References take message ids separated by blanks.
  MessageBuilder& header(std::string_view name, std::string_view value);

  /// The plain text. Line ends become CRLF, and one is added at the end where it is missing.
  MessageBuilder& text(std::string_view utf8);
  /// The HTML. Line ends as in text(). With text() too, they are alternatives.
  MessageBuilder& html(std::string_view utf8);
  /// A file shown inside the HTML where it says "cid:…". The media type follows from the name when `type` is empty.
  MessageBuilder& inline_file(const std::filesystem::path& path, std::string_view cid, std::string_view type = {});
  /// The same from memory.
  MessageBuilder& inline_bytes(std::string_view name, std::string bytes, std::string_view cid,
                               std::string_view type = {});
  /// A file to be saved by the reader, under the last part of its path.
  MessageBuilder& attach(const std::filesystem::path& path);
  /// The same from memory. `name` may be empty; the media type follows from it when `type` is empty.
  MessageBuilder& attach(std::string_view name, std::string bytes, std::string_view type = {});

  /// The message: CRLF line ends, no line over 998 octets, Date, Message-ID and MIME-Version written. The builder keeps
  /// everything and may be used further; without message_id() each build has an id of its own.
  std::string build() const;

  /// The envelope: addr-specs of To, Cc and Bcc in this order, each once, domains with non-ASCII letters as IDNA
  /// A-labels.
  std::vector<std::string> recipients() const;
  /// The first From address (addr-spec); empty when there is none.
  std::string sender() const;
  /// True when an address has a local part outside ASCII, so that only an SMTPUTF8 server can carry the message.
  bool needs_smtputf8() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// "image/png" for "map.PNG": by the file name's ending, out of a modest table; "application/octet-stream" otherwise.
std::string_view media_type_of(std::string_view file_name) noexcept;

}  // namespace posthouse::mime
