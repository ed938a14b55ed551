// The vector loops of quoted-printable, compiled for each instruction set and chosen at run time (Highway).
//
// A vector of octets is looked at once: where it has octets that are not copied becomes a word of bits, and what
// follows goes by these bits, so that no address waits for an octet that was read.
#include <bit>
#include <type_traits>

#include "posthouse/mime/codec/quoted_printable.h"
#include "posthouse/mime/codec/quoted_printable_writer.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "posthouse/mime/codec/quoted_printable_vectors.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace posthouse::mime::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128

CodecProgress decode(std::string_view, char*) {
  return {};
}
std::size_t encode(std::string_view, std::size_t at, QuotedWriter&, const char*) {
  return at;
}

#else

namespace hn = hwy::HWY_NAMESPACE;

using Full = hn::CappedTag<std::uint8_t, codec_slack>;
using Octets = hn::Vec<Full>;

Octets load(const char* from) {
  return hn::LoadU(Full(), reinterpret_cast<const std::uint8_t*>(from));
}

// Copies a vector, however little of it counts.
void copy(const char* from, char* to) {
  hn::StoreU(load(from), Full(), reinterpret_cast<std::uint8_t*>(to));
}

// Bit i is lane i.
std::uint64_t bits_of(hn::Mask<Full> mask) {
  // As wide as the mask: a wider load would wait for the store.
  constexpr std::size_t lanes = hn::MaxLanes(Full());
  using Word =
      std::conditional_t<(lanes > 32), std::uint64_t, std::conditional_t<(lanes > 16), std::uint32_t, std::uint16_t> >;
  Word word = 0;
  hn::StoreMaskBits(Full(), mask, reinterpret_cast<std::uint8_t*>(&word));
  return word;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// Is there anything but blanks before the line end whose LF is at `newline`? `begin` is how far one may look.
bool is_plain_line_end(const char* begin, const char* newline) {
  if (newline - begin < 2) {
    return false;
  }
  return newline[-1] == '\r' ? !is_blank(newline[-2]) : !is_blank(newline[-1]);
}

// Decodes escapes and soft line breaks one after the other; false where an "=" is neither.
bool decode_escapes(const char*& from, char*& to, const char* end) {
  while (*from == '=' && end - from > 3) {
    const std::uint8_t high = hex_values[static_cast<unsigned char>(from[1])];
    const std::uint8_t low = hex_values[static_cast<unsigned char>(from[2])];
    if ((high | low) <= 15) {
      *to++ = static_cast<char>(high << 4 | low);
    } else if (from[1] != '\r' || from[2] != '\n') {
      return false;
    }
    from += 3;
  }
  return *from != '=';
}

CodecProgress decode(std::string_view text, char* to) {
  const Full d;
  const char* from = text.data();
  const char* const end = from + text.size();
  char* const begin = to;
  const auto copy_to = [&](const char* stop) {
    copy(from, to);
    to += stop - from;
    from = stop;
  };
  const auto progress = [&] {
    return CodecProgress{static_cast<std::size_t>(from - text.data()), static_cast<std::size_t>(to - begin)};
  };
  while (end - from > static_cast<std::ptrdiff_t>(2 * codec_slack)) {
    const char* const block = from;
    const auto octets = load(block);
    std::uint64_t stops = bits_of(hn::Or(hn::Eq(octets, hn::Set(d, '=')), hn::Eq(octets, hn::Set(d, '\n'))));
    for (; stops != 0; stops &= stops - 1) {
      const char* const stop = block + std::countr_zero(stops);
      if (stop < from || (*stop == '\n' && is_plain_line_end(text.data(), stop))) {
        continue;
      }
      copy_to(stop);
      if (*stop == '\n' || !decode_escapes(from, to, end)) {
        return progress();
      }
    }
    if (const char* const next = block + hn::Lanes(d); from < next) {
      copy_to(next);
    }
  }
  return progress();
}

// Copies what needs no escape up to `stop`, with line breaks where they are due. `end` is the end of the text.
HWY_INLINE void copy_plain(const char* from, const char* stop, const char* end, QuotedWriter& writer) {
  while (from < stop) {
    auto count = static_cast<std::size_t>(stop - from);
    const bool ends_line = line_end_at(stop, end) > 0;
    if (writer.column == QuotedWriter::columns && !(count == 1 && ends_line)) {
      writer.soft_line_break();
    }
    const std::size_t space = QuotedWriter::columns - writer.column;
    if (count > space && !(count == space + 1 && ends_line)) {
      count = space;
    }
    copy(from, writer.to);
    writer.to += count;
    writer.column += count;
    from += count;
  }
}

std::size_t encode(std::string_view text, std::size_t at, QuotedWriter& writer, const char* room_end) {
  const Full d;
  const char* from = text.data() + at;
  const char* const end = text.data() + text.size();
  QuotedWriter w = writer;  // a copy, so that its members stay in registers
  while (end - from > static_cast<std::ptrdiff_t>(2 * codec_slack) &&
         room_end - w.to >= static_cast<std::ptrdiff_t>(quoted_room)) {
    const char* const block = from;
    const auto octets = load(block);
    // Octets from 32 to 126 become 0 to 94.
    const auto printable = hn::Lt(hn::Sub(octets, hn::Set(d, 32)), hn::Set(d, 95));
    const auto plain = hn::Or(hn::AndNot(hn::Eq(octets, hn::Set(d, '=')), printable), hn::Eq(octets, hn::Set(d, '\t')));
    std::uint64_t stops = bits_of(hn::Not(plain));
    const auto start_line = [&] {
      if (w.column != 0 || !begins_like_mbox(from, end)) {
        return;
      }
      w.escape('F', false);
      ++from;
    };
    start_line();
    for (; stops != 0; stops &= stops - 1) {
      const char* const stop = block + std::countr_zero(stops);
      if (stop < from) {
        continue;
      }
      copy_plain(from, stop, end, w);
      from = stop;
      if (const std::size_t line_end = line_end_at(stop, end); line_end > 0) {
        if (w.column > 0) {
          w.protect_blank(stop[-1]);
        }
        w.line_end();
        from += line_end;
        start_line();
      } else {
        ++from;
        w.escape(*stop, line_end_at(from, end) > 0);
      }
    }
    if (const char* const next = block + hn::Lanes(d); from < next) {
      copy_plain(from, next, end, w);
      from = next;
    }
  }
  writer = w;
  return static_cast<std::size_t>(from - text.data());
}

#endif

}  // namespace
}  // namespace posthouse::mime::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace posthouse::mime {

HWY_EXPORT(decode);
HWY_EXPORT(encode);

CodecProgress decode_quoted_printable_plainly(std::string_view text, char* to) noexcept {
  return HWY_DYNAMIC_DISPATCH(decode)(text, to);
}

std::size_t encode_quoted_printable_vectors(std::string_view text, std::size_t at, QuotedWriter& writer,
                                            const char* room_end) noexcept {
  return HWY_DYNAMIC_DISPATCH(encode)(text, at, writer, room_end);
}

}  // namespace posthouse::mime
#endif
