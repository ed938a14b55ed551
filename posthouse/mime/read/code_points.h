#pragma once
// What a character does to whoever looks at it. Private to this module.
#include <cstddef>

namespace posthouse::mime {

/// Controls (except tab), and the marks that turn the direction of writing: a terminal must not act on them, and a name
/// must not hide behind them.
bool is_unsafe_to_show(char32_t c) noexcept;
/// Characters without a width that join, hide or mark: zero-width spaces and the like.
bool is_invisible(char32_t c) noexcept;
/// Columns it takes on a terminal: 0, 1 or 2 (East Asian wide, UAX #11).
std::size_t columns_of(char32_t c) noexcept;

}  // namespace posthouse::mime
