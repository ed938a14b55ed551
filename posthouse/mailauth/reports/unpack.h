#pragma once
// Files as reports come: as they are, gzip (RFC 1952) or zip.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::mailauth {

/// Bounds of what a report may unpack to and hold; beyond them it is an Error (Errc::report).
struct ReportLimits {
  std::size_t octets = 64 * 1024 * 1024;  ///< Of all that is unpacked from one file.
  std::size_t files = 20;                 ///< In one zip; attachments of one message that are looked at.
  std::size_t records = 200'000;          ///< In one report.
  std::size_t text = 4'096;               ///< Octets of one value; longer ones are cut.
};

/// The files in `octets`: those of a zip that are called .xml (all, where none is), the content of a gzip file, or `octets`
/// themselves. Memory and time in proportion to the input and to what comes out, which `limits` bound. Throws Error
/// (Errc::report) for what is cut short, is broken or goes beyond the limits.
std::vector<std::string> unpack_report(std::string_view octets, const ReportLimits& limits);

/// True for the first octets of a gzip file.
bool is_gzip(std::string_view octets) noexcept;
/// True for the first octets of a zip file.
bool is_zip(std::string_view octets) noexcept;

/// `octets` as a gzip file, the same each time.
std::string gzip(std::string_view octets);

}  // namespace posthouse::mailauth
