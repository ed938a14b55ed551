#include "posthouse/mime/compose/content.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posthouse/base/utf8.h"
#include "posthouse/mime/charset/characters.h"
#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/wire/file.h"

namespace posthouse::mime {
namespace {

// Fills `to` as far as the file goes; returns how many octets it got.
std::size_t read_some(const FileDescriptor& file, const std::filesystem::path& path, char* to, std::size_t count) {
  std::size_t got = 0;
  if (const int error = read_full(file.get(), to, count, got)) {
    throw file_error("read", path, error);
  }
  return got;
}

}  // namespace

void ShapeScanner::check_utf8(std::string_view piece) {
  if (!shape_.utf8) {
    return;
  }
  std::string joined;
  if (!held_.empty()) {
    piece = joined = held_ + std::string(piece);
  }
  const std::string_view whole = whole_characters(piece);
  shape_.utf8 = is_valid_utf8(whole);
  held_ = piece.substr(whole.size());
}

void ShapeScanner::add(std::string_view piece) {
  check_utf8(piece);
  unsigned all = 0;
  for (const char octet : piece) {
    const auto c = static_cast<unsigned char>(octet);
    const bool after_cr = last_ == '\r';
    last_ = octet;
    if (c == '\n') {
      shape_.only_crlf &= after_cr;
      line_ = 0;
      continue;
    }
    if (after_cr) {
      shape_.only_crlf = false;
    }
    if (c == '\r') {
      continue;
    }
    shape_.longest = std::max(shape_.longest, ++line_);
    all |= c;
    if (c > 126 || c < 32 || c == '=') {
      shape_.nul |= c == 0;
      shape_.esc |= c == 0x1B;
      shape_.escapes += c != '\t' ? 1 : 0;
    }
  }
  shape_.eight_bit |= all > 127;
}

Shape ShapeScanner::finish() {
  if (last_ == '\r') {
    shape_.only_crlf = false;
  }
  if (!held_.empty()) {
    shape_.utf8 = false;
  }
  return shape_;
}

Shape shape_of(std::string_view octets) {
  ShapeScanner scanner;
  scanner.add(octets);
  return scanner.finish();
}

Content::Content(const std::filesystem::path& path) {
  const FileDescriptor file = open_file(path, O_RDONLY);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) {
    throw file_error("read", path, errno);
  }
  if (S_ISDIR(status.st_mode)) {
    throw file_error("read", path, EISDIR);
  }
  size_ = static_cast<std::uint64_t>(std::max<off_t>(status.st_size, 0));
  if (S_ISREG(status.st_mode) && size_ > most_in_memory) {
    path_ = std::filesystem::absolute(path);  // wherever the program goes until the file is read
  } else {
    *this = Content(read_to_end(file, path, static_cast<std::size_t>(size_)));
  }
}

Content Content::in_memory() const {
  if (!on_disk()) {
    return *this;
  }
  std::string octets;
  octets.reserve(static_cast<std::size_t>(size_));
  read([&](std::string_view part) { octets += part; });
  return Content(std::move(octets));
}

std::string Content::beginning(std::size_t count) const {
  if (!on_disk()) {
    return std::string(view().substr(0, count));
  }
  std::string octets(count, '\0');
  octets.resize(read_some(open_file(path_, O_RDONLY), path_, octets.data(), count));
  return octets;
}

void Content::read(const std::function<void(std::string_view)>& take) const {
  if (!on_disk()) {
    for (std::string_view rest = view(); !rest.empty(); rest.remove_prefix(std::min(rest.size(), piece))) {
      take(rest.substr(0, piece));
    }
    return;
  }
  const FileDescriptor file = open_file(path_, O_RDONLY);
  std::string buffer(piece, '\0');
  std::uint64_t left = size_;
  for (std::size_t got = piece; got == piece; left -= got) {
    got = read_some(file, path_, buffer.data(), piece);
    if (got > left || (got < piece && got != left)) {
      throw Error(Errc::file,
                  fmt::format("cannot read {}: it has another size than when it was attached", path_.string()),
                  path_.string());
    }
    take({buffer.data(), got});
  }
}

Shape Content::shape() const {
  ShapeScanner scanner;
  read([&](std::string_view part) { scanner.add(part); });
  return scanner.finish();
}

}  // namespace posthouse::mime
