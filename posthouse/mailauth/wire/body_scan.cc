// Compiled for each instruction set and chosen at run time (Highway): a loop over octets takes longer than their SHA-256
// does where the processor has instructions for that.
#include "posthouse/mailauth/wire/body_scan.h"

#include <cstdint>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "posthouse/mailauth/wire/body_scan.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace posthouse::mailauth::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Of two octets in a row, `a` and `b`: true where one of them may not be simply copied, and for few pairs where both may
// (white space behind an LF, control octets): that takes fewer comparisons. '!' is the octet behind white space.
template <class D, class V>
auto is_odd_pair(D d, V a, V b, bool relaxed) {
  const auto octet = [&](char c) { return hn::Set(d, static_cast<std::uint8_t>(c)); };
  const auto a_cr = hn::Eq(a, octet('\r'));
  const auto b_lf = hn::Eq(b, octet('\n'));
  const auto bare = hn::Xor(a_cr, b_lf);
  if (!relaxed) {
    return hn::Or(bare, hn::And(hn::Eq(a, octet('\n')), hn::Eq(b, octet('\r'))));
  }
  const auto blanks = hn::AndNot(a_cr, hn::And(hn::Lt(a, octet('!')), hn::Lt(b, octet('!'))));
  return hn::Or(hn::Or(bare, blanks), hn::Eq(a, octet('\t')));
}

/// True when there is an odd pair from `at` on, which is then where it begins; false when there is none before the last
/// octets, fewer than a vector has: `at` is then where they begin. body[end] is there.
bool find(std::string_view body, std::size_t& at, std::size_t end, bool relaxed) {
  const hn::ScalableTag<std::uint8_t> d;
  const std::size_t step = hn::Lanes(d);
  const auto* const octets = reinterpret_cast<const std::uint8_t*>(body.data());
  for (; end - at >= step; at += step) {
    const auto odd = is_odd_pair(d, hn::LoadU(d, octets + at), hn::LoadU(d, octets + at + 1), relaxed);
    const std::ptrdiff_t first = hn::FindFirstTrue(d, odd);
    if (first >= 0) {
      at += static_cast<std::size_t>(first);
      return true;
    }
  }
  return false;
}

}  // namespace
}  // namespace posthouse::mailauth::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace posthouse::mailauth {
namespace {

HWY_EXPORT(find);

bool is_line_end_octet(char c) noexcept {
  return c == '\r' || c == '\n';
}

/// How many octets of a pair are unchanged: 0, 1, or 2 when the pair is not odd.
std::size_t unchanged_of_pair(char a, char b, bool relaxed) noexcept {
  if (relaxed && (a == '\t' || (a == ' ' && (b == ' ' || b == '\t' || is_line_end_octet(b))))) {
    return 0;
  }
  if (a == '\r' && b != '\n') {
    return 0;
  }
  return (b == '\n' && a != '\r') || (a == '\n' && is_line_end_octet(b)) ? 1 : 2;
}

}  // namespace

std::size_t unchanged_octets(std::string_view body, std::size_t at, Canonicalization form) noexcept {
  const bool relaxed = form == Canonicalization::relaxed;
  const std::size_t end = body.size() - 1;  // where the last pair would begin if there were one octet more
  std::size_t i = at;
  while (HWY_DYNAMIC_DISPATCH(find)(body, i, end, relaxed) && unchanged_of_pair(body[i], body[i + 1], relaxed) == 2) {
    ++i;
  }
  while (i < end && unchanged_of_pair(body[i], body[i + 1], relaxed) == 2) {
    ++i;
  }
  if (i < end) {
    return i + unchanged_of_pair(body[i], body[i + 1], relaxed) - at;
  }
  const char last = body.back();
  const bool open = last == '\r' || (relaxed && (last == ' ' || last == '\t'));
  return body.size() - (open ? 1 : 0) - at;
}

}  // namespace posthouse::mailauth
#endif
