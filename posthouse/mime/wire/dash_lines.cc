// Compiled for each instruction set and chosen at run time (Highway). Most bodies are many short lines, and a search
// that stops at each of them costs more than one that looks for LF, "-" and "-" at once.
#include "posthouse/mime/wire/dash_lines.h"

#include <cstdint>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "posthouse/mime/wire/dash_lines.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace posthouse::mime::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

std::size_t find(std::string_view text, std::size_t at) {
  if (text.substr(at).starts_with("--")) {
    return at;
  }
  const hn::ScalableTag<std::uint8_t> d;
  const std::size_t step = hn::Lanes(d);
  const auto is = [&](std::size_t index, char c) {
    const auto octets = hn::LoadU(d, reinterpret_cast<const std::uint8_t*>(text.data() + index));
    return hn::Eq(octets, hn::Set(d, static_cast<std::uint8_t>(c)));
  };
  for (; text.size() - at >= step + 2; at += step) {
    const std::ptrdiff_t line_feed =
        hn::FindFirstTrue(d, hn::And(hn::And(is(at, '\n'), is(at + 1, '-')), is(at + 2, '-')));
    if (line_feed >= 0) {
      return at + static_cast<std::size_t>(line_feed) + 1;
    }
  }
  const std::size_t line_feed = text.find("\n--", at);
  return line_feed == std::string_view::npos ? text.size() : line_feed + 1;
}

}  // namespace
}  // namespace posthouse::mime::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace posthouse::mime {

HWY_EXPORT(find);

std::size_t find_dash_line(std::string_view text, std::size_t at) noexcept {
  return HWY_DYNAMIC_DISPATCH(find)(text, at);
}

}  // namespace posthouse::mime
#endif
