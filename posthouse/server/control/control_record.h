#pragma once
// What is said at the control socket (control_socket.h): words of a line.
//
//   request = command *( " " argument ) LF
//   answer  = *( "item" *( " " name "=" value ) LF ) ( "done" / "error " text ) LF
//
// In a value, a blank, "%" and control octets stand as "%" and two hexadecimal digits. It is a line protocol so that
// `socat - UNIX:DIR/control` is a client of it.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace posthouse::server {

/// Octets of a line of either side, without its end.
inline constexpr std::size_t most_control_line = 8192;

/// One item of an answer: fields in an order, with names of letters, digits and "_".
class ControlRecord {
 public:
  ControlRecord() = default;
  ControlRecord& add(std::string_view name, std::string_view value);
  /// The value of a field; empty when there is none.
  std::string_view operator[](std::string_view name) const noexcept;
  const std::vector<std::pair<std::string, std::string>>& fields() const noexcept { return fields_; }

  /// "id=1 user=ann@one.test"
  std::string to_string() const;
  /// to_string() undone; nothing when `text` is none of its texts.
  static std::optional<ControlRecord> parse(std::string_view text);

 private:
  std::vector<std::pair<std::string, std::string>> fields_{};
};

}  // namespace posthouse::server
