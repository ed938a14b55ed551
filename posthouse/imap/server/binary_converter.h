#pragma once
// Messages with binary parts (RFC 3516 section 4.3) on their way into a mailbox that keeps lines alone. Private to this
// module.
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::imap {

/// Writes parts whose Content-Transfer-Encoding is binary in base64, however deep they are in multiparts and embedded
/// messages; what stands around them is called 8bit. All else stays as it is. Holds the header of a part (256 KiB at most;
/// what has a longer one stays as it is) and 64 KiB.
class BinaryConverter {
 public:
  using Sink = std::function<void(std::string_view octets)>;

  /// `sink` gets the message in pieces.
  explicit BinaryConverter(Sink sink) : sink_(std::move(sink)) {}

  void write(std::string_view octets);
  /// The message is complete.
  void end();

 private:
  enum class Place { header, as_it_is, binary };

  void take_line(std::string_view line);
  void take_content(std::string_view octets);
  bool take_delimiter(std::string_view line);
  void end_header();
  void encode(bool all);

  const Sink sink_;
  Place place_ = Place::header;
  std::vector<std::string> boundaries_;  // of the multiparts around, the outermost first
  std::string line_;                     // that is not whole
  bool begun_ = false;                   // the line that comes has begun, and is no delimiter
  std::string header_;
  std::string end_of_line_;  // of a binary part, not encoded yet: it may belong to a delimiter
  std::string binary_;       // likewise, octets
};

}  // namespace posthouse::imap
