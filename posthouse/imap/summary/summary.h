#pragma once
// What lists of messages show, made once a message.
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/imap/wire/message/part_table.h"
#include "posthouse/mime/fields/date.h"
#include "posthouse/mime/tree/message.h"

namespace posthouse::imap {

/// All that a client's lists of messages ask for, as the wire has it, without parsing the message again. Whoever keeps
/// summaries keeps `format` with them, and makes those anew that have another one than summary_format.
///
/// A house that puts fields in front of a message as it was received makes the summary of what it received: none of it
/// depends on these fields but the offsets of `parts`, which PartTable::behind() moves for each reader.
struct Summary {
  std::uint32_t format = 0;
  std::optional<mime::Date> sent{};      ///< The Date field; nothing where there is none or it cannot be read.
  std::string base_subject{};            ///< RFC 5256 section 2.1; UTF-8.
  bool reply_or_forward = false;         ///< The subject said so.
  std::string references{};              ///< Of References, or the first of In-Reply-To: "<a@one.test> <b@two.test>".
  bool has_attachment = false;           ///< There is something to be saved (mime::Contents::files).
  std::string envelope{};                ///< append_envelope()
  std::string body{};                    ///< append_body_structure(), BodyForm::body
  std::string body_structure{};          ///< BodyForm::structure
  std::string parts{};                   ///< PartTable::encode()
  std::optional<std::string> preview{};  ///< RFC 8970; UTF-8.

  friend bool operator==(const Summary&, const Summary&) = default;
};

/// How make_summary() makes them. Another number with each change of what comes out.
inline constexpr std::uint32_t summary_format = 1;

/// What becomes of a message of any quality. Linear in its size, of which texts are decoded: what is large is made on a
/// thread that may be busy for a while.
Summary make_summary(const mime::Message& message);
/// The same of a message as it was received, which is not copied.
Summary make_summary(std::string_view message);
/// The same of a message in a file that nobody cuts short, which is mapped where it is large. Throws mime::Error file.
Summary make_summary_of_file(const std::filesystem::path& file);

/// The ids that a message answers, as Summary::references has them: the newest 100, 8 KiB at most.
std::string references_of(const mime::Message& message);

}  // namespace posthouse::imap
