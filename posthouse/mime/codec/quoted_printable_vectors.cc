// The vector loops of quoted-printable, compiled for each instruction set and chosen at run time (Highway).
#include "posthouse/mime/codec/quoted_printable.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "posthouse/mime/codec/quoted_printable_vectors.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace posthouse::mime::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Full = hn::CappedTag<std::uint8_t, codec_slack>;

// Copies one vector and returns the index of the first octet that `stops` says yes to; a negative number where there
// is none.
template <class Stops>
std::ptrdiff_t copy_vector(const char* from, char* to, const Stops& stops) {
  const Full d;
  const auto octets = hn::LoadU(d, reinterpret_cast<const std::uint8_t*>(from));
  hn::StoreU(octets, d, reinterpret_cast<std::uint8_t*>(to));
  return hn::FindFirstTrue(d, stops(d, octets));
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// Is there anything but blanks before the line end whose LF is at `newline`? `begin` is how far one may look.
bool is_plain_line_end(const char* begin, const char* newline) {
  if (newline - begin < 2) return false;
  return newline[-1] == '\r' ? !is_blank(newline[-2]) : !is_blank(newline[-1]);
}

CodecProgress decode_plainly(std::string_view text, char* to) {
  const auto stops = [](Full d, hn::Vec<Full> octets) {
    return hn::Or(hn::Eq(octets, hn::Set(d, '=')), hn::Eq(octets, hn::Set(d, '\n')));
  };
  const char* from = text.data();
  const char* const end = from + text.size();
  char* const begin = to;
  while (end - from >= static_cast<std::ptrdiff_t>(codec_slack)) {
    const std::ptrdiff_t stop = copy_vector(from, to, stops);
    const auto copied = stop < 0 ? static_cast<std::ptrdiff_t>(hn::Lanes(Full())) : stop;
    from += copied;
    to += copied;
    if (stop < 0) continue;
    if (*from == '\n') {
      if (!is_plain_line_end(text.data(), from)) break;
      *to++ = *from++;
      continue;
    }
    while (end - from >= 3 && *from == '=') {
      const std::uint8_t high = hex_values[static_cast<unsigned char>(from[1])];
      const std::uint8_t low = hex_values[static_cast<unsigned char>(from[2])];
      if ((high | low) > 15) break;
      *to++ = static_cast<char>(high << 4 | low);
      from += 3;
    }
    if (end - from < 3) break;
    if (*from != '=') continue;
    if (from[1] != '\r' || from[2] != '\n') break;
    from += 3;
  }
  return {static_cast<std::size_t>(from - text.data()), static_cast<std::size_t>(to - begin)};
}

std::size_t copy(std::string_view text, char* to) {
  const auto stops = [](Full d, hn::Vec<Full> octets) {
    // Octets from 32 to 126 become 0 to 94.
    const auto printable = hn::Lt(hn::Sub(octets, hn::Set(d, 32)), hn::Set(d, 95));
    const auto left = hn::Or(hn::AndNot(hn::Eq(octets, hn::Set(d, '=')), printable), hn::Eq(octets, hn::Set(d, '\t')));
    return hn::Not(left);
  };
  std::size_t at = 0;
  for (; text.size() - at >= hn::Lanes(Full()); at += hn::Lanes(Full())) {
    const std::ptrdiff_t stop = copy_vector(text.data() + at, to + at, stops);
    if (stop >= 0) return at + static_cast<std::size_t>(stop);
  }
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (!((c >= 32 && c <= 126 && c != '=') || c == '\t')) break;
    to[at] = c;
  }
  return at;
}

}  // namespace
}  // namespace posthouse::mime::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace posthouse::mime {

HWY_EXPORT(decode_plainly);
HWY_EXPORT(copy);

CodecProgress decode_quoted_printable_plainly(std::string_view text, char* to) noexcept {
  return HWY_DYNAMIC_DISPATCH(decode_plainly)(text, to);
}

std::size_t copy_unescaped(std::string_view text, char* to) noexcept {
  return HWY_DYNAMIC_DISPATCH(copy)(text, to);
}

}  // namespace posthouse::mime
#endif
