#pragma once
// std::source_location, also where the compiler lacks it (Clang before 16 with the GNU library).
#include <version>

#ifdef __cpp_lib_source_location
#include <source_location>

namespace posthouse {
using SourceLocation = std::source_location;
}  // namespace posthouse
#else
#include <cstdint>

namespace posthouse {

/// What std::source_location is (C++20 [support.srcloc]), without the column.
class SourceLocation {
 public:
  static constexpr SourceLocation current(const char* file = __builtin_FILE(),
                                          const char* function = __builtin_FUNCTION(),
                                          std::uint_least32_t line = __builtin_LINE()) noexcept {
    SourceLocation location;
    location.file_ = file;
    location.function_ = function;
    location.line_ = line;
    return location;
  }
  constexpr SourceLocation() noexcept = default;

  constexpr std::uint_least32_t line() const noexcept { return line_; }
  constexpr std::uint_least32_t column() const noexcept { return 0; }
  constexpr const char* file_name() const noexcept { return file_; }
  constexpr const char* function_name() const noexcept { return function_; }

 private:
  const char* file_ = "";
  const char* function_ = "";
  std::uint_least32_t line_ = 0;
};

}  // namespace posthouse
#endif
