#pragma once
// One part of a parsed message.
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/codec/transfer_encoding.h"
#include "posthouse/mime/fields/header.h"
#include "posthouse/mime/fields/parameters.h"

namespace posthouse::mime {

namespace detail {
struct MessageData;
class ReadableValue;
}  // namespace detail
class Parts;

/// A part of a message: its header, and a body that is either octets (a leaf) or more parts.
///
/// A cheap handle into its Message: copy it freely, but not beyond the life of the message (or a copy of it). Nothing
/// is decoded before it is asked for, and nothing is remembered: keep what you ask for if you need it again.
///
///     for (const Part& part : message.walk())
///       if (part.is("image/")) save(part.filename(), part.content());
class Part {
 public:
  /// Position in the order of walk(); 0 is the root.
  std::size_t index() const noexcept { return index_; }
  /// "" for the root, "2" for its second child, "2.1" for that one's first (posthouse show, message-json).
  std::string path() const;
  /// How many parts this one is inside of.
  std::size_t depth() const noexcept;

  /// The fields of the part's own header, in order. Valid as long as the message.
  Headers headers() const noexcept;
  /// The decoded text of the first field of that name; "" when there is none. Raw octets that are not UTF-8 are read by
  /// the charset of the message's text, or guessed (see decode_raw_header); headers().text() has U+FFFD for them.
  std::string header(std::string_view name) const;

  /// "text/html": lower case. What RFC 2045 section 5.2 and RFC 2046 section 5.1.5 assume where the field is absent or
  /// invalid.
  std::string type() const;
  /// True when type() is `type`, or begins with it if it ends in "/": is("text/").
  bool is(std::string_view type) const;
  /// The whole Content-Type, with type() as its value.
  ParameterizedValue content_type() const;
  /// The charset label as given, lower case; "" when there is none.
  std::string charset() const;
  /// "attachment", "inline", …: lower case; "" when there is none.
  std::string disposition() const;
  /// The whole Content-Disposition.
  ParameterizedValue content_disposition() const;
  /// The name of the file, decoded: Content-Disposition's filename, else Content-Type's name. It is what the sender
  /// wrote: never use it as a path unchecked. Nothing when there is none.
  std::optional<std::string> filename() const;
  /// The Content-ID as written, "<…>" included; "" when there is none.
  std::string content_id() const;
  /// The Content-Transfer-Encoding (RFC 2045 section 6); seven_bit where the field is absent.
  TransferEncoding encoding() const;

  /// A multipart whose parts were found.
  bool is_multipart() const noexcept;
  /// An embedded message (message/rfc822, message/global, …) that was parsed: it has one child, the message.
  bool is_message() const noexcept;
  /// Neither of the two: it has content() but no children.
  bool is_leaf() const noexcept;
  /// A leaf or embedded message that wants to be saved rather than read, as far as it says so itself: disposition
  /// "attachment", or no text, or a text that has a filename without being "inline". What a message shows and what it
  /// brings with it is in Message::contents().
  bool is_attachment() const;

  /// The parts directly inside.
  Parts children() const noexcept;
  /// This part and all inside it, depth first.
  Parts walk() const noexcept;
  /// The multipart or embedded message this part is directly inside of; nothing for the root.
  std::optional<Part> parent() const noexcept;

  /// Header and body as they are in the message. Valid as long as the message.
  std::string_view raw() const noexcept;
  /// The header as written, the empty line behind it included.
  std::string_view raw_header() const noexcept;
  /// The body as written; without the line end before a boundary, which belongs to the boundary (RFC 2046
  /// section 5.1.1).
  std::string_view raw_body() const noexcept;
  std::size_t offset() const noexcept;       ///< Octets from the start of the message to raw().
  std::size_t body_offset() const noexcept;  ///< Octets from the start of the message to raw_body().

  /// The decoded octets of the body. For a multipart or message, the raw body. `defects`, when given, gets what is wrong
  /// with the encoding, with offsets from the start of the message.
  std::string content(std::vector<Defect>* defects = nullptr) const;
  /// The same into `out`, whose old content goes but whose memory is used again.
  void content_into(std::string& out, std::vector<Defect>* defects = nullptr) const;
  /// content() as UTF-8, by the charset the part names, or by a guess where that charset is missing or wrong (see
  /// decode_text()). Line ends stay as they are.
  std::string text() const { return decoded_text().utf8; }
  /// The same, with how it went: which charset, who said so, and how sure that is.
  Text decoded_text(std::vector<Defect>* defects = nullptr) const;

 private:
  friend class Message;
  friend class Parts;
  friend class detail::ReadableValue;
  Part(const detail::MessageData* data, std::size_t index) noexcept : data_(data), index_(index) {}

  const detail::MessageData* data_;
  std::size_t index_;
};

/// A range of parts: all of a tree in depth-first order, or the children of one. As short-lived as a Part.
class Parts {
 public:
  /// A forward iterator; it makes a Part where it stands.
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using iterator_concept = std::forward_iterator_tag;
    using value_type = Part;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = Part;
    iterator() noexcept = default;
    Part operator*() const noexcept { return {data_, index_}; }
    iterator& operator++() noexcept;
    iterator operator++(int) noexcept {
      iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.index_ == b.index_; }

   private:
    friend class Parts;
    iterator(const detail::MessageData* data, std::size_t index, bool siblings) noexcept
        : data_(data), index_(index), siblings_(siblings) {}
    const detail::MessageData* data_ = nullptr;
    std::size_t index_ = 0;
    bool siblings_ = false;
  };

  iterator begin() const noexcept { return {data_, begin_, siblings_}; }  ///< The first part.
  iterator end() const noexcept { return {data_, end_, siblings_}; }      ///< Behind the last part.
  bool empty() const noexcept { return begin_ == end_; }                  ///< True when there is no part.
  /// Counts them: linear in the number of children, at once for walk().
  std::size_t size() const noexcept;
  /// The first; the range must not be empty.
  Part front() const noexcept { return *begin(); }

 private:
  friend class Part;
  friend class Message;
  Parts(const detail::MessageData* data, std::size_t begin, std::size_t end, bool siblings) noexcept
      : data_(data), begin_(begin), end_(end), siblings_(siblings) {}
  const detail::MessageData* data_;
  std::size_t begin_;
  std::size_t end_;
  bool siblings_;
};

}  // namespace posthouse::mime
