#pragma once
// winmail.dat: Microsoft's Transport Neutral Encapsulation Format (application/ms-tnef, MS-OXTNEF).
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::mime {

/// A file inside.
struct TnefFile {
  std::string name{};        ///< UTF-8, the long name where there is one. Never use it as a path unchecked.
  std::string type{};        ///< Media type; empty where it is not said.
  std::string content_id{};  ///< Without "<" and ">"; empty where it is not said.
  std::string content{};     ///< Its octets.
  bool is_message = false;   ///< `content` is a message in TNEF again: give it to parse_tnef.
};

/// What was in a winmail.dat.
struct Tnef {
  std::string subject{};          ///< UTF-8, like the texts.
  std::string text{};             ///< The plain text.
  std::string html{};             ///< The HTML.
  std::string rtf{};              ///< Rich Text Format, decompressed.
  std::vector<TnefFile> files{};  ///< In the order in which they stand.
  bool valid = true;  ///< False where it is no TNEF, is cut short, or a checksum is wrong; what was read is here.
};

/// Where the unpacking stops; `valid` is false then.
struct TnefLimits {
  std::size_t files = 1'000;           ///< Files taken out.
  std::size_t rtf = 16 * 1024 * 1024;  ///< Octets of decompressed text (eight times what it was, at most).
};

/// Unpacks a winmail.dat, which is the content() of a part is_tnef(). Never throws, whatever the octets; linear time;
/// memory in proportion to the input (decompressed text: up to its limit).
Tnef parse_tnef(std::string_view octets, const TnefLimits& limits = {});

/// True for the media types winmail.dat comes as: application/ms-tnef and application/vnd.ms-tnef.
bool is_tnef(std::string_view media_type) noexcept;

}  // namespace posthouse::mime
