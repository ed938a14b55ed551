#pragma once
// The header of a message or part: fields in order, as they were written and as they are meant.
//
// A header never copies: fields are ranges of the message's raw bytes, and stay valid as long as those do.
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/wire/defect.h"
#include "posthouse/mime/wire/field_range.h"
#include "posthouse/mime/wire/limits.h"

namespace posthouse::mime {

/// One header field.
class Field {
 public:
  Field(std::string_view bytes, FieldRange range, std::size_t decode_limit) noexcept
      : bytes_(bytes), range_(range), decode_limit_(decode_limit) {}

  /// The name as it was spelled.
  std::string_view name() const noexcept { return bytes_.substr(range_.begin, range_.name_length); }
  /// True when the name is `name`, case aside.
  bool is(std::string_view name) const noexcept;
  /// Everything after the colon, as written: folds and the blank after the colon are there, the line end is not. Cut at
  /// Limits::header_line.
  std::string_view raw_value() const noexcept;
  /// The whole field as written, its line end included.
  std::string_view raw() const noexcept { return bytes_.substr(range_.begin, range_.end - range_.begin); }
  /// Octets from the start of the raw bytes to the field's name.
  std::size_t offset() const noexcept { return range_.begin; }
  /// Octets from the start of the raw bytes to raw_value().
  std::size_t value_offset() const noexcept { return range_.begin + range_.value; }

  /// The value as text: unfolded, white space at both ends removed, encoded words decoded (see decode_words).
  std::string text() const;
  /// The same into `out`, whose old content goes but whose memory is used again.
  void text_into(std::string& out) const;
  /// The value unfolded and trimmed, nothing decoded.
  std::string unfolded() const;

 private:
  std::string_view bytes_;
  FieldRange range_;
  std::size_t decode_limit_;
};

/// The fields of one part, in order. A cheap view.
///
///     for (const Field field : message.headers()) std::cout << field.name() << ": " << field.text() << '\n';
class Headers {
 public:
  /// A forward iterator; it makes a Field where it stands.
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using iterator_concept = std::forward_iterator_tag;
    using value_type = Field;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = Field;
    iterator() noexcept = default;
    iterator(std::string_view bytes, const FieldRange* at, std::size_t decode_limit) noexcept
        : bytes_(bytes), at_(at), decode_limit_(decode_limit) {}
    Field operator*() const noexcept { return {bytes_, *at_, decode_limit_}; }
    iterator& operator++() noexcept {
      ++at_;
      return *this;
    }
    iterator operator++(int) noexcept {
      iterator before = *this;
      ++at_;
      return before;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.at_ == b.at_; }

   private:
    std::string_view bytes_{};
    const FieldRange* at_ = nullptr;
    std::size_t decode_limit_ = 0;
  };

  Headers() noexcept = default;
  Headers(std::string_view bytes, const FieldRange* fields, std::size_t count, std::size_t decode_limit) noexcept
      : bytes_(bytes), fields_(fields), count_(count), decode_limit_(decode_limit) {}

  iterator begin() const noexcept { return {bytes_, fields_, decode_limit_}; }         ///< The first field.
  iterator end() const noexcept { return {bytes_, fields_ + count_, decode_limit_}; }  ///< Behind the last field.
  std::size_t size() const noexcept { return count_; }                                 ///< How many fields there are.
  bool empty() const noexcept { return count_ == 0; }                                  ///< True when there are none.
  /// The field at `index` (< size()).
  Field operator[](std::size_t index) const noexcept { return {bytes_, fields_[index], decode_limit_}; }

  /// The first field of that name, case aside.
  std::optional<Field> find(std::string_view name) const noexcept;
  /// All fields of that name, in order.
  std::vector<Field> all(std::string_view name) const;
  /// How many fields of that name there are.
  std::size_t count(std::string_view name) const noexcept;
  /// True when there is a field of that name.
  bool contains(std::string_view name) const noexcept { return find(name).has_value(); }
  /// Field::text() of the first field of that name; "" when there is none.
  std::string text(std::string_view name) const;

 private:
  std::string_view bytes_{};
  const FieldRange* fields_ = nullptr;
  std::size_t count_ = 0;
  std::size_t decode_limit_ = 0;
};

/// The header of a message whose body is not at hand or not wanted: a server that looks at Received or Date only.
///
///     const HeaderBlock block = HeaderBlock::scan(first_chunk);
///     if (block.headers().count("Received") > 100) refuse();
class HeaderBlock {
 public:
  /// Lists the fields at the start of `bytes`, which must outlive the block. Never throws; linear time.
  static HeaderBlock scan(std::string_view bytes, const Limits& limits = {});

  /// Valid as long as this block and the bytes.
  Headers headers() const noexcept { return {bytes_, fields_.data(), fields_.size(), decode_limit_}; }
  /// Octets of a first line "From …" as mbox files have it, its line end included; 0 when there is none.
  std::size_t from_line() const noexcept { return from_line_; }
  /// Where the body begins: behind the empty line, or at the line that ended the header without one.
  std::size_t body() const noexcept { return body_; }
  /// True when the end of the header (an empty line) is within the bytes.
  bool complete() const noexcept { return complete_; }
  /// What was wrong in it, in order.
  const std::vector<Defect>& defects() const noexcept { return defects_; }

 private:
  std::string_view bytes_{};
  std::vector<FieldRange> fields_{};
  std::vector<Defect> defects_{};
  std::size_t from_line_ = 0;
  std::size_t body_ = 0;
  std::size_t decode_limit_ = 0;
  bool complete_ = false;
};

}  // namespace posthouse::mime
