#pragma once
// Watches the header of a message go by, on its way in and on its way out.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::delivery {

/// Counts and finds what the house wants to know of a message's header, without holding any of it. The lines end in
/// CRLF; chunks may be cut anywhere.
class HeaderScanner {
 public:
  static constexpr std::size_t not_here = static_cast<std::size_t>(-1);

  /// Looks at the next chunk. Returns where in it the empty line begins that ends the header (further fields would go
  /// there), or not_here.
  std::size_t scan(std::string_view chunk);

  bool ended() const noexcept { return ended_; }            ///< The empty line has been seen.
  bool at_line_start() const noexcept { return fresh_; }    ///< What came so far ends in a line end (or is nothing).
  unsigned received() const noexcept { return received_; }  ///< Received: fields so far.
  bool has_date() const noexcept { return date_; }
  bool has_message_id() const noexcept { return message_id_; }
  /// What the first Message-ID field says, without white space around it, at most 500 octets of it.
  std::string message_id() const;
  /// What the Delivered-To fields say, likewise; of more than 100 the first.
  const std::vector<std::string>& delivered_to() const noexcept { return delivered_to_; }
  bool eight_bit() const noexcept { return eight_bit_; }  ///< An octet above 127, in the header or after it.
  bool eight_bit_header() const noexcept { return eight_bit_header_; }  ///< One in the header.

 private:
  std::size_t find_end(std::string_view chunk);
  void field_name_ended();
  void keep(std::string_view text);

  std::array<char, 16> name_{};  // the field name so far, lower case; long enough for those looked for
  std::size_t length_ = 0;
  bool in_name_ = true;
  bool fresh_ = true;
  bool ended_ = false;
  bool date_ = false;
  bool message_id_ = false;
  bool eight_bit_ = false;
  bool eight_bit_header_ = false;
  unsigned received_ = 0;
  enum class Kept : std::uint8_t { nothing, message_id, delivered_to } kept_ = Kept::nothing;
  std::string message_id_text_;
  std::vector<std::string> delivered_to_;
};

}  // namespace posthouse::delivery
