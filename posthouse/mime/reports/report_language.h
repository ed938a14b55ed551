#pragma once
// In which language the sender of a letter is told what became of it.
#include <cstdint>
#include <string_view>

namespace posthouse::mime {

/// A language that reports are written in.
enum class ReportLanguage : std::uint8_t { english, chinese };

/// The language of the letter with this header: as Content-Language says (RFC 3282), else by the charset of its text and the
/// script of its Subject. English when nothing of that is Chinese. Never throws; looks at the first 64 KiB.
ReportLanguage report_language(std::string_view header);

}  // namespace posthouse::mime
