#pragma once
// Times and sizes as people write them.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse {

/// "0.2s", "500ms", "30s", "5m", "4h", "5d" or a number of seconds; nothing when `text` is none of them.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// The shortest way to write `duration` so that parse_duration reads it: "90s".
std::string show_duration(std::chrono::milliseconds duration);

/// "64KiB", "50MiB", "1GiB" or a number of octets; nothing when `text` is none of them.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// The shortest way to write `size` octets so that parse_size reads it: "50MiB".
std::string show_size(std::uint64_t size);

}  // namespace posthouse
