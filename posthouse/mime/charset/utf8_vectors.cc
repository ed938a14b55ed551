// UTF-8 validated a vector at a time, compiled for each instruction set and chosen at run time (Highway). The method is
// that of Keiser and Lemire ("Validating UTF-8 in less than one instruction per byte", 2021): three table lookups say
// what is wrong with an octet and the one before it; that a third and fourth octet are where they must be is compared
// with the lead octets two and three places before.
#include <array>
#include <cstdint>
#include <cstring>

#include "posthouse/base/utf8.h"
#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/codec/codec.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "posthouse/mime/charset/utf8_vectors.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#ifndef POSTHOUSE_MIME_UTF8_TABLES
#define POSTHOUSE_MIME_UTF8_TABLES
namespace posthouse::mime {
namespace {

// What must not be: an octet with one of these high halves and one of these low halves, before an octet with one of
// those high halves (Unicode 15, table 3-7). Sets of halves are bits.
struct Rule {
  std::uint16_t high;
  std::uint16_t low;
  std::uint16_t next_high;
};

constexpr std::uint16_t any = 0xFFFF;
constexpr std::uint16_t ascii = 0x00FF;
constexpr std::uint16_t tails = 0x0F00;
constexpr std::uint16_t leads = 0xF000;
constexpr std::uint16_t half(unsigned value) {
  return static_cast<std::uint16_t>(1U << value);
}

// The last: two tails in a row are right where a lead of three or four octets stands before them.
constexpr std::array<Rule, 8> rules = {{
    {leads, any, static_cast<std::uint16_t>(~tails)},                      // too short
    {ascii, any, tails},                                                   // a tail without lead
    {half(0xC), 0x0003, tails},                                            // overlong: C0, C1
    {half(0xE), half(0), half(0x8) | half(0x9)},                           // overlong: E0 80-9F
    {half(0xE), half(0xD), half(0xA) | half(0xB)},                         // surrogates: ED A0-BF
    {half(0xF), 0xFFF0, half(0x9) | half(0xA) | half(0xB)},                // above 10FFFF: F4 90-BF, F5-FF
    {half(0xF), static_cast<std::uint16_t>(0xFFE0 | half(0)), half(0x8)},  // overlong: F0 80-8F; F5-FF
    {tails, any, tails},
}};

using Table = std::array<std::uint8_t, 16>;

// For each half: which rules it is in.
constexpr Table rules_of(std::uint16_t Rule::* set) {
  Table table{};
  for (std::size_t value = 0; value < 16; ++value) {
    for (std::size_t rule = 0; rule < rules.size(); ++rule) {
      if ((rules[rule].*set >> value & 1) != 0) {
        table[value] = static_cast<std::uint8_t>(table[value] | 1U << rule);
      }
    }
  }
  return table;
}

constexpr Table rules_of_high = rules_of(&Rule::high);
constexpr Table rules_of_low = rules_of(&Rule::low);
constexpr Table rules_of_next = rules_of(&Rule::next_high);

}  // namespace
}  // namespace posthouse::mime
#endif

HWY_BEFORE_NAMESPACE();
namespace posthouse::mime::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR

bool is_utf8(std::string_view text) {
  return posthouse::is_utf8(text);
}

#else

namespace hn = hwy::HWY_NAMESPACE;

using Full = hn::CappedTag<std::uint8_t, codec_slack>;
using Octets = hn::Vec<Full>;

Octets load(const char* from) {
  return hn::LoadU(Full(), reinterpret_cast<const std::uint8_t*>(from));
}

Octets high_halves(Octets octets) {
  const Full d;
  const hn::Repartition<std::uint16_t, Full> pairs;
  return hn::And(hn::BitCast(d, hn::ShiftRight<4>(hn::BitCast(pairs, octets))), hn::Set(d, 15));
}

Octets look_up(const Table& table, Octets halves) {
  return hn::TableLookupBytes(hn::LoadDup128(Full(), table.data()), halves);
}

// Not zero where the vector at `at` breaks a rule; the three octets before it are looked at too.
Octets errors(const char* at) {
  const Full d;
  const Octets now = load(at);
  const Octets third_before = load(at - 3);
  if (hn::AllFalse(d, hn::Gt(hn::Or(now, third_before), hn::Set(d, 0x7F)))) {
    return hn::Zero(d);
  }
  const Octets before = load(at - 1);
  const Octets broken = hn::And(
      hn::And(look_up(rules_of_high, high_halves(before)), look_up(rules_of_low, hn::And(before, hn::Set(d, 15)))),
      look_up(rules_of_next, high_halves(now)));
  // The highest bit of what follows the lead of a longer sequence: E0 - 60 and F0 - 70 have it.
  const Octets wanted =
      hn::Or(hn::SaturatedSub(load(at - 2), hn::Set(d, 0x60)), hn::SaturatedSub(third_before, hn::Set(d, 0x70)));
  return hn::Xor(broken, hn::And(wanted, hn::Set(d, 0x80)));
}

bool is_utf8(std::string_view text) {
  const Full d;
  constexpr std::size_t before = 3;
  const std::size_t step = hn::Lanes(d);
  std::array<char, before + codec_slack> edge{};
  const auto is_good_at_edge = [&] { return hn::AllTrue(d, hn::Eq(errors(edge.data() + before), hn::Zero(d))); };
  if (text.size() >= step) {
    std::memcpy(edge.data() + before, text.data(), step);
    if (!is_good_at_edge()) {
      return false;
    }
  }
  Octets wrong = hn::Zero(d);
  std::size_t at = text.size() >= step ? step : 0;
  for (; text.size() - at >= step; at += step) {
    wrong = hn::Or(wrong, errors(text.data() + at));
  }
  // The rest, with zeros behind it: a sequence cut off at the end is too short.
  edge.fill('\0');
  const std::size_t known = at == 0 ? 0 : before;
  if (text.size() + known - at > 0) {
    std::memcpy(edge.data() + before - known, text.data() + at - known, text.size() - at + known);
  }
  return hn::AllTrue(d, hn::Eq(wrong, hn::Zero(d))) && is_good_at_edge();
}

#endif

}  // namespace
}  // namespace posthouse::mime::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace posthouse::mime {

HWY_EXPORT(is_utf8);

bool is_valid_utf8(std::string_view text) noexcept {
  return HWY_DYNAMIC_DISPATCH(is_utf8)(text);
}

}  // namespace posthouse::mime
#endif
