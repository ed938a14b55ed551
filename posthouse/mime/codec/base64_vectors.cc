// The vector loops of base64, compiled for each instruction set and chosen at run time (Highway).
//
// A vector is seen as blocks of 16 octets: 12 octets stand against 16 characters. Within a block octets are moved by
// table lookup, and whole words then cross from block to block. Where the processor looks octets up in the whole of two
// vectors (AVX-512 VBMI), that takes fewer instructions, and has lines of its own below.
#include <array>

#include "posthouse/base/base64.h"
#include "posthouse/mime/codec/base64.h"

// Their vectors have no fixed number of blocks.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#define HWY_WANT_AVX3_DL  // VBMI
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "posthouse/mime/codec/base64_vectors.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#ifndef POSTHOUSE_MIME_BASE64_TABLES
#define POSTHOUSE_MIME_BASE64_TABLES
namespace posthouse::mime {
namespace {

using Table = std::array<std::uint8_t, 16>;

// A character is a digit where class_of_high[c >> 4] & bad_low[c & 15] is 0: each class is a set of high halves that
// have the same low halves.
enum : std::uint8_t { signs = 1, figures = 2, letters_from_a = 4, letters_to_z = 8, none = 16 };

constexpr Table class_of_high = {none, none, signs, figures, letters_from_a, letters_to_z, letters_from_a, letters_to_z,
                                 none, none, none,  none,    none,           none,         none,           none};

constexpr Table bad_low = [] {
  Table table{};
  for (std::uint8_t low = 0; low < 16; ++low) {
    unsigned bad = none;
    if (low != ('+' & 15) && low != ('/' & 15)) {
      bad |= signs;
    }
    if (low > 9) {
      bad |= figures;
    }
    if (low == 0) {
      bad |= letters_from_a;
    }
    if (low > ('Z' & 15)) {
      bad |= letters_to_z;
    }
    table[low] = static_cast<std::uint8_t>(bad);
  }
  return table;
}();

// What to add to a character to get its value, by its high half. That of "+" gives 66 for "/": the least of this and 63
// is right for all.
constexpr Table to_value = [] {
  const auto add = [](int value, char c) { return static_cast<std::uint8_t>(value - c); };
  Table table{};
  table[2] = add(62, '+');
  table[3] = add(52, '0');
  table[4] = table[5] = add(0, 'A');
  table[6] = table[7] = add(26, 'a');
  return table;
}();

// What to add to a value to get its character: entry 13 for A-Z, 0 for a-z, 1 to 10 for 0-9, 11 for "+", 12 for "/".
constexpr Table to_character = [] {
  Table table{};
  table[13] = 'A';
  table[0] = 'a' - 26;
  for (std::size_t i = 1; i <= 10; ++i) {
    table[i] = static_cast<std::uint8_t>('0' - 52);
  }
  table[11] = static_cast<std::uint8_t>('+' - 62);
  table[12] = static_cast<std::uint8_t>('/' - 63);
  return table;
}();

// 12 octets as 16: to each quantum a, b, c the octets b, a, c, b.
constexpr Table spread = {1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10};
// The three octets of each word, the highest first.
constexpr Table gather = {2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 12, 12, 12, 12};

// Words of blocks of three to those of four and back, for up to four blocks.
constexpr std::array<std::uint32_t, 16> three_to_four = {0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11, 12};
constexpr std::array<std::uint32_t, 16> four_to_three = {0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 15, 15, 15};

// Where the processor looks up in whole vectors: the value of each ASCII character, or the eighth bit.
constexpr auto value_of = base64_values<128>(128);

// Of each word its three lower octets, the highest first, without gaps.
constexpr std::array<std::uint8_t, 64> gather_all = [] {
  std::array<std::uint8_t, 64> table{};
  for (std::uint8_t i = 0; i < 48; ++i) {
    table[i] = static_cast<std::uint8_t>(i / 3 * 4 + 2 - i % 3);
  }
  return table;
}();

// 48 octets as 64, as `spread` has them.
constexpr std::array<std::uint8_t, 64> spread_all = [] {
  std::array<std::uint8_t, 64> table{};
  for (std::uint8_t i = 0; i < 64; ++i) {
    table[i] = static_cast<std::uint8_t>(i / 4 * 3 + spread[i % 4]);
  }
  return table;
}();

// The first of them. Where one would name a word of a block that is not there, any will do: what it moves does not
// count.
template <std::size_t words>
constexpr std::array<std::uint32_t, words> indices_for(const std::array<std::uint32_t, 16>& all) {
  std::array<std::uint32_t, words> out{};
  for (std::size_t i = 0; i < words; ++i) {
    out[i] = all[i] < words ? all[i] : words - 1;
  }
  return out;
}

}  // namespace
}  // namespace posthouse::mime
#endif

HWY_BEFORE_NAMESPACE();
namespace posthouse::mime::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128

CodecProgress decode_quanta(std::string_view, char*) {
  return {};
}
CodecProgress encode_lines(std::string_view, char*) {
  return {};
}

#else

namespace hn = hwy::HWY_NAMESPACE;

using Full = hn::CappedTag<std::uint8_t, 64>;
using Block = hn::FixedTag<std::uint8_t, 16>;

template <class D>
HWY_INLINE hn::Vec<D> load(D d, const char* from) {
  return hn::LoadU(d, reinterpret_cast<const std::uint8_t*>(from));
}
template <class D>
HWY_INLINE void store(D d, hn::Vec<D> octets, char* to) {
  hn::StoreU(octets, d, reinterpret_cast<std::uint8_t*>(to));
}

// Moves 32-bit words as `indices` says. Of a single block nothing moves.
template <const std::array<std::uint32_t, 16>& indices, class D>
HWY_INLINE hn::Vec<D> move_words(D d, hn::Vec<D> octets) {
  const hn::Repartition<std::uint32_t, D> words;
  if constexpr (hn::MaxLanes(words) == 4) {
    return octets;
  } else {
    static constexpr auto moved = indices_for<hn::MaxLanes(words)>(indices);
    return hn::BitCast(d, hn::TableLookupLanes(hn::BitCast(words, octets), hn::SetTableIndices(words, moved.data())));
  }
}

#if HWY_TARGET == HWY_AVX3_DL

// Decodes 64 characters at a time.
struct Decoder {
  HWY_INLINE Decoder()
      : low(_mm512_loadu_si512(value_of.data())),
        high(_mm512_loadu_si512(value_of.data() + 64)),
        gathered(_mm512_loadu_si512(gather_all.data())) {}

  // Decodes to `to`; of the 64 octets it writes 48 count. Returns which characters are digits.
  HWY_INLINE hn::Mask<Full> operator()(const char* from, char* to) const { return take(_mm512_loadu_si512(from), to); }

  // A line of 76 characters, whatever they are; true when all are digits.
  HWY_INLINE bool line(const char* from, char* to) const {
    constexpr __mmask64 last = (1ULL << (base64_line_characters - 64)) - 1;
    const bool good = hn::AllTrue(Full(), (*this)(from, to));
    return (take(_mm512_maskz_loadu_epi8(last, from + 64), to + 48).raw & last) == last && good;
  }

 private:
  HWY_INLINE hn::Mask<Full> take(__m512i text, char* to) const {
    const __m512i values = _mm512_permutex2var_epi8(low, text, high);  // it does not look at a character's eighth bit
    // Values a, b, c, d of six bits: a * 64 + b and c * 64 + d, and those to 24 bits.
    const __m512i twelve = _mm512_maddubs_epi16(values, _mm512_set1_epi32(0x01400140));
    const __m512i quanta = _mm512_madd_epi16(twelve, _mm512_set1_epi32(0x00011000));
    _mm512_storeu_si512(to, _mm512_permutexvar_epi8(gathered, quanta));
    return hn::Mask<Full>{_knot_mask64(_mm512_movepi8_mask(_mm512_or_si512(values, text)))};
  }

  __m512i low, high, gathered;
};

#else

// Decodes vectors of characters. The tables are members because GCC reads them anew for each vector otherwise, which
// costs a tenth.
template <class D>
struct VectorDecoder {
  using Octets = hn::Vec<D>;

  HWY_INLINE VectorDecoder()
      : classes(hn::LoadDup128(D(), class_of_high.data())),
        bad_lows(hn::LoadDup128(D(), bad_low.data())),
        differences(hn::LoadDup128(D(), to_value.data())),
        gathered(hn::LoadDup128(D(), gather.data())),
        fifteen(hn::Set(D(), 15)),
        sixty_three(hn::Set(D(), 63)),
        twelve_bits(hn::BitCast(D(), hn::Set(hn::Repartition<std::uint16_t, D>(), 0x0FFF))) {}

  // Decodes to `to`; three quarters of what it writes count. Returns which characters are digits.
  HWY_INLINE hn::Mask<D> operator()(const char* from, char* to) const {
    const D d;
    const hn::Repartition<std::uint16_t, D> pairs;
    const hn::Repartition<std::uint32_t, D> words;
    const auto text = load(d, from);
    const auto high = hn::And(hn::BitCast(d, hn::ShiftRight<4>(hn::BitCast(pairs, text))), fifteen);
    const auto low = hn::And(text, fifteen);
    const auto wrong = hn::And(hn::TableLookupBytes(classes, high), hn::TableLookupBytes(bad_lows, low));
    const auto values = hn::Min(hn::Add(text, hn::TableLookupBytes(differences, high)), sixty_three);
    // Values a, b, c, d of six bits: a and b to twelve, c and d to twelve, those to 24.
    const auto six = hn::BitCast(pairs, values);
    const auto twelve = hn::And(hn::Or(hn::ShiftLeft<6>(six), hn::ShiftRight<8>(six)), hn::BitCast(pairs, twelve_bits));
    const auto both = hn::BitCast(words, twelve);
    const auto quanta = hn::BitCast(d, hn::Or(hn::ShiftLeft<12>(both), hn::ShiftRight<16>(both)));
    store(d, move_words<four_to_three>(d, hn::TableLookupBytes(quanta, gathered)), to);
    return hn::Eq(wrong, hn::Zero(d));
  }

  Octets classes, bad_lows, differences, gathered, fifteen, sixty_three, twelve_bits;
};

struct Decoder {
  HWY_INLINE Decoder() : full(), block() {}

  HWY_INLINE hn::Mask<Full> operator()(const char* from, char* to) const { return full(from, to); }

  // A line of 76 characters, whatever they are; true when all are digits. Vectors overlap at its end rather than reach
  // behind it.
  HWY_INLINE bool line(const char* from, char* to) const {
    const Full d;
    bool good = true;
    for (std::size_t i = 0; i + hn::Lanes(d) <= base64_line_characters; i += hn::Lanes(d)) {
      good = hn::AllTrue(d, full(from + i, to + i / 4 * 3)) && good;
    }
    constexpr std::size_t last = base64_line_characters - 16;
    return hn::AllTrue(Block(), block(from + last, to + last / 4 * 3)) && good;
  }

  VectorDecoder<Full> full;
  VectorDecoder<Block> block;
};

#endif

CodecProgress decode_quanta(std::string_view text, char* to) {
  const Full d;
  const Decoder decode;
  const char* from = text.data();
  const char* const end = from + text.size();
  char* const begin = to;
  constexpr std::ptrdiff_t line = base64_line_characters + 2;
  for (;;) {
    // What nearly everybody writes, with no address that depends on what was read.
    while (end - from >= line && from[line - 2] == '\r' && from[line - 1] == '\n' && decode.line(from, to)) {
      from += line;
      to += base64_line_octets;
    }
    if (end - from < static_cast<std::ptrdiff_t>(hn::Lanes(d))) {
      break;
    }
    const std::ptrdiff_t wrong = hn::FindFirstTrue(d, hn::Not(decode(from, to)));
    const std::size_t digits = wrong < 0 ? hn::Lanes(d) : static_cast<std::size_t>(wrong);
    from += digits / 4 * 4;
    to += digits / 4 * 3;
    if (wrong < 0) {
      continue;
    }
    if (digits % 4 != 0) {
      break;
    }
    if (end - from >= 2 && from[0] == '\r' && from[1] == '\n') {
      from += 2;
    } else if (*from == '\n') {
      ++from;
    } else {
      break;
    }
  }
  return {static_cast<std::size_t>(from - text.data()), static_cast<std::size_t>(to - begin)};
}

#if HWY_TARGET == HWY_AVX3_DL

// Encodes a line; 64 octets behind it may be read.
HWY_INLINE void encode_line(const char* from, char* to) {
  const __m512i spread_octets = _mm512_loadu_si512(spread_all.data());
  const __m512i characters = _mm512_loadu_si512(base64_alphabet.data());
  const auto encode = [&](const char* octets) {
    const __m512i words = _mm512_permutexvar_epi8(spread_octets, _mm512_loadu_si512(octets));
    // Each octet of the result begins, in the two words it belongs to, at the bit that this says; of its eight bits the
    // lookup takes six.
    const __m512i values = _mm512_multishift_epi64_epi8(_mm512_set1_epi64(0x3036242A1016040A), words);
    return _mm512_permutexvar_epi8(values, characters);
  };
  constexpr __mmask64 last = (1ULL << (base64_line_characters - 64)) - 1;
  _mm512_storeu_si512(to, encode(from));
  _mm512_mask_storeu_epi8(to + 64, last, encode(from + 48));
}

#else

// Encodes three quarters of a vector of octets from `from` (a whole vector is read) to a vector of characters.
template <class D>
HWY_INLINE void encode_vector(D d, const char* from, char* to) {
  const hn::Repartition<std::uint16_t, D> pairs;
  const hn::Repartition<std::uint32_t, D> words;
  const hn::Repartition<std::int8_t, D> numbers;
  const auto octets =
      hn::TableLookupBytes(move_words<three_to_four>(d, load(d, from)), hn::LoadDup128(d, spread.data()));
  // Each word now has, from its high end, the bits bbbbcccc ccdddddd aaaaaabb bbbbcccc of the values a to d: products
  // shift a and c, each in its half of the word, down to the low end of its octet, and b and d up to theirs.
  const auto word = hn::BitCast(words, octets);
  const auto a_and_c = hn::MulHigh(hn::BitCast(pairs, hn::And(word, hn::Set(words, 0x0FC0FC00U))),
                                   hn::BitCast(pairs, hn::Set(words, 0x04000040U)));
  const auto b_and_d = hn::Mul(hn::BitCast(pairs, hn::And(word, hn::Set(words, 0x003F03F0U))),
                               hn::BitCast(pairs, hn::Set(words, 0x01000010U)));
  const auto values = hn::BitCast(d, hn::Or(a_and_c, b_and_d));
  const auto is_capital = hn::Lt(hn::BitCast(numbers, values), hn::Set(numbers, 26));
  const auto entry = hn::Or(hn::SaturatedSub(values, hn::Set(d, 51)),
                            hn::BitCast(d, hn::And(hn::VecFromMask(numbers, is_capital), hn::Set(numbers, 13))));
  store(d, hn::Add(values, hn::TableLookupBytes(hn::LoadDup128(d, to_character.data()), entry)), to);
}

// Encodes a line; 64 octets behind it may be read.
HWY_INLINE void encode_line(const char* from, char* to) {
  const Full d;
  constexpr std::size_t last = base64_line_octets - 12;
  for (std::size_t i = 0; i + hn::Lanes(d) <= base64_line_characters; i += hn::Lanes(d)) {
    encode_vector(d, from + i / 4 * 3, to + i);
  }
  encode_vector(Block(), from + last, to + last / 3 * 4);
}

#endif

CodecProgress encode_lines(std::string_view octets, char* to) {
  char* const begin = to;
  std::size_t at = 0;
  for (; octets.size() - at >= base64_line_octets + codec_slack; at += base64_line_octets) {
    encode_line(octets.data() + at, to);
    to[base64_line_characters] = '\r';
    to[base64_line_characters + 1] = '\n';
    to += base64_line_characters + 2;
  }
  return {at, static_cast<std::size_t>(to - begin)};
}

#endif

}  // namespace
}  // namespace posthouse::mime::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace posthouse::mime {

HWY_EXPORT(decode_quanta);
HWY_EXPORT(encode_lines);

CodecProgress decode_base64_quanta(std::string_view text, char* to) noexcept {
  return HWY_DYNAMIC_DISPATCH(decode_quanta)(text, to);
}

CodecProgress encode_base64_whole_lines(std::string_view octets, char* to) noexcept {
  return HWY_DYNAMIC_DISPATCH(encode_lines)(octets, to);
}

}  // namespace posthouse::mime
#endif
