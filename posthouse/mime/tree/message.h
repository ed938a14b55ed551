#pragma once
// A message, read.
//
// Parsing finds where things are and decodes nothing: fields and parts are ranges of the raw bytes, which are kept as
// they came, so that a message can be given on byte for byte. Everything else happens when it is asked for.
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/mime/fields/address.h"
#include "posthouse/mime/fields/date.h"
#include "posthouse/mime/fields/header.h"
#include "posthouse/mime/tree/contents.h"
#include "posthouse/mime/tree/part.h"
#include "posthouse/mime/wire/defect.h"
#include "posthouse/mime/wire/limits.h"

namespace posthouse::mime {

/// A parsed message. Immutable; a copy shares everything with its original and is cheap; any number of threads may read
/// one.
///
///     const mime::Message message = mime::Message::parse(client.retrieve(1));
///     std::cout << message.subject() << '\n';
///     for (const mime::Part& part : message.walk())
///       if (part.is("text/plain")) std::cout << part.text();
class Message {
 public:
  /// An empty message.
  Message();

  /// Reads a message of any quality: LF or CRLF line ends, with or without a first mbox line "From …". Never throws on
  /// what it reads; what is wrong is in defects(). Linear in the size, whatever the content; nothing recurses.
  static Message parse(std::string bytes, const Limits& limits = {});
  /// The same without taking the bytes: they must stay as they are as long as the message and all its copies live.
  static Message view(std::string_view bytes, const Limits& limits = {});

  /// Reads the message in a file without copying it: a regular file of 1 MiB or more is mapped, any other is read. The
  /// mapping lasts as long as the message and all its copies. The file may be renamed or removed meanwhile, but not cut
  /// short: whoever looks at octets that are gone from a mapping ends the process (SIGBUS). Programs that write a message
  /// under another name and rename it, as Maildir does, never cut one; where that is not certain, read the file and
  /// parse(). Throws Errc::file.
  static Message map(const std::filesystem::path& path, const Limits& limits = {});

  /// Exactly the bytes given.
  std::string_view raw() const noexcept;
  /// The first line if it is an mbox "From " line, without its line end; else empty.
  std::string_view mbox_line() const noexcept;

  /// The whole message as a part.
  Part root() const noexcept;
  /// All parts in depth-first order, the root first.
  Parts walk() const& noexcept;
  Parts walk() && = delete;  // the parts would outlive the message
  /// By path: "" is the root, "1.2" the second child of its first child. Nothing where there is no such part.
  std::optional<Part> part(std::string_view path) const noexcept;
  /// How many parts walk() visits; at least one.
  std::size_t part_count() const noexcept;

  /// The fields of the message's own header, in order.
  Headers headers() const noexcept { return root().headers(); }
  /// The decoded text of the first field of that name; "" when there is none.
  std::string header(std::string_view name) const { return root().header(name); }

  /// The Subject decoded (RFC 2047); "" when there is none.
  std::string subject() const { return header("Subject"); }
  /// The addresses of all fields of that name, in order.
  std::vector<Address> addresses(std::string_view name) const;
  std::vector<Address> from() const { return addresses("From"); }          ///< The authors (RFC 5322 section 3.6.2).
  std::vector<Address> to() const { return addresses("To"); }              ///< The recipients (RFC 5322 section 3.6.3).
  std::vector<Address> cc() const { return addresses("Cc"); }              ///< Those who got a copy.
  std::vector<Address> reply_to() const { return addresses("Reply-To"); }  ///< Where answers are wanted.
  /// The Date (RFC 5322 section 3.6.1); nothing when there is none or it cannot be read.
  std::optional<Date> date() const;
  /// The first id of the Message-ID (RFC 5322 section 3.6.4), "<" and ">" included, without comments and white space;
  /// what stands there instead where it is none, and "" where there is no such field.
  std::string message_id() const;
  /// The message ids in all fields of that name ("References", "In-Reply-To"), "<" and ">" included.
  std::vector<std::string> message_ids(std::string_view name) const;

  /// What is read, and what is to be saved. Decodes the texts it has to look into.
  Contents contents() const;
  /// The first text/plain that is read, or would be but for another form of it; nothing when there is none. See
  /// readable_text(), which has all that is read.
  std::optional<Part> text_part() const;
  /// Likewise the first text/html.
  std::optional<Part> html_part() const;
  /// contents().files: what is to be saved.
  ///
  ///     for (const mime::Part& file : message.attachments())
  ///       mime::save_new_file(folder, mime::safe_filename(file.filename().value_or("file")), file.content());
  std::vector<Part> attachments() const;

  /// What was wrong with headers and structure, by offset.
  const std::vector<Defect>& defects() const noexcept;
  /// The same together with what is found only when every field and body is decoded, which this does.
  std::vector<Defect> all_defects() const;

 private:
  explicit Message(std::shared_ptr<const detail::MessageData> data) noexcept : data_(std::move(data)) {}
  std::shared_ptr<const detail::MessageData> data_;
};

}  // namespace posthouse::mime
