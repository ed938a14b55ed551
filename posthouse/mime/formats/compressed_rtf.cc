#include "posthouse/mime/formats/compressed_rtf.h"

#include <algorithm>
#include <array>

#include "posthouse/mime/formats/octet_reader.h"

namespace posthouse::mime {
namespace {

// MS-OXRTFCP section 2.1.2.1: what the dictionary holds at first.
constexpr std::string_view first_words =
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS "
    "Sans "
    "SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    "\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab"
    "\\tx";
static_assert(first_words.size() == 207);

constexpr std::uint32_t compressed = 0x75465A4C;    // "LZFu"
constexpr std::uint32_t uncompressed = 0x414C454D;  // "MELA"

}  // namespace

std::string decompress_rtf(std::string_view octets, std::size_t limit, bool& ok) {
  OctetReader in(octets);
  in.u32();  // the size of what follows
  const std::size_t size = in.u32();
  const std::uint32_t kind = in.u32();
  in.u32();  // its checksum: many writers leave it wrong
  const std::size_t wanted = std::min(size, limit);
  if (!in.ok() || size > limit) {
    ok = false;
  }
  if (kind == uncompressed) {
    if (in.left() < wanted) {
      ok = false;
    }
    return std::string(in.take(std::min(wanted, in.left())));
  }
  if (kind != compressed) {
    ok = false;
    return {};
  }
  std::array<char, 4096> dictionary{};
  std::copy(first_words.begin(), first_words.end(), dictionary.begin());
  std::size_t write = first_words.size();
  std::string out;
  const auto put = [&](char c) {
    out += c;
    dictionary[write] = c;
    write = (write + 1) % dictionary.size();
  };
  while (out.size() < wanted && !in.done()) {
    const unsigned control = in.u8();
    for (unsigned bit = 0; bit < 8 && out.size() < wanted && !in.done(); ++bit) {
      if ((control >> bit & 1U) == 0) {
        put(static_cast<char>(in.u8()));
        continue;
      }
      const unsigned high = in.u8();
      const unsigned reference = high << 8 | in.u8();
      std::size_t read = reference >> 4;
      if (!in.ok() || read == write) {
        return out.size() == size ? out : (ok = false, out);
      }
      for (std::size_t length = (reference & 15U) + 2; length > 0 && out.size() < wanted; --length) {
        put(dictionary[read]);
        read = (read + 1) % dictionary.size();
      }
    }
  }
  if (out.size() != size) {
    ok = false;
  }
  return out;
}

}  // namespace posthouse::mime
