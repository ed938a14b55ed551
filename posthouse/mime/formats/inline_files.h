#pragma once
// Files inside the text of a message: uuencode (POSIX) and yEnc, from before and beside MIME.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::mime {

/// A file found in a text.
struct InlineFile {
  /// How it is written in the text.
  enum class Encoding : unsigned char { uuencode, yenc };
  Encoding encoding = Encoding::uuencode;  ///< How it is written in the text.
  std::string name{};                      ///< As the sender wrote it, UTF-8. Never use it as a path unchecked.
  std::string content{};                   ///< Decoded.
  std::size_t begin = 0;                   ///< Where its first line begins in the text,
  std::size_t end = 0;                     ///< and where what follows its last line begins.
  bool complete = true;                    ///< It has an end; no line, size or checksum is wrong.
};

/// The files in `text`, which is the decoded content of a part (Part::content(): octets, no charset). A "begin" that no
/// encoded line follows is text. At most 1,000 files. Never throws; linear time.
///
///     for (const InlineFile& file : find_inline_files(part.content())) save(file.name, file.content);
std::vector<InlineFile> find_inline_files(std::string_view text);

/// `text` without the files: the words around them. `files` are those found in `text`.
std::string without_inline_files(std::string_view text, const std::vector<InlineFile>& files);

}  // namespace posthouse::mime
