#pragma once
// Names of attachments as names of files. The name is the sender's, and the sender is anybody.
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace posthouse::mime {

/// A name any file system takes and no shell, terminal or file manager is fooled by, made out of what a sender wrote
/// (any octets; RFC 2183 section 2.3 asks for this care): the part behind the last "/" or "\", without control
/// characters, marks that turn the direction of writing, invisible characters, dots and blanks at either end; the
/// characters some systems forbid, and a "-" or "~" in front, become "_"; device names (CON, NUL, COM1 …, with any
/// ending) get a "_" in front; at most 200 octets of UTF-8, the ending kept. `fallback` where nothing is left.
std::string safe_filename(std::string_view name, std::string_view fallback = "attachment");

/// Writes a file of that (safe) name in `folder` that was not there before, and returns its path: where the name is
/// taken, "name (2).ext" and so on. Never follows a link, never overwrites; a file that cannot be written whole is
/// removed again. Throws Errc::file.
std::filesystem::path save_new_file(const std::filesystem::path& folder, std::string_view name,
                                    std::string_view octets);

}  // namespace posthouse::mime
