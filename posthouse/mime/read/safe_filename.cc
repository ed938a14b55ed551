#include "posthouse/mime/read/safe_filename.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mime/charset/characters.h"
#include "posthouse/mime/read/code_points.h"
#include "posthouse/mime/wire/file.h"

namespace posthouse::mime {
namespace {

constexpr std::size_t longest_filename = 200;
constexpr std::size_t longest_ending = 20;

std::string_view last_component(std::string_view name) {
  while (name.ends_with('/') || name.ends_with('\\')) {
    name.remove_suffix(1);
  }
  const std::size_t slash = name.find_last_of("/\\");
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

std::string harmless_characters(std::string_view name) {
  std::string out;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t length = utf8_sequence(name, at);
    if (length == 0) {
      out += '_';
      at += utf8_bad_length(name, at);
      continue;
    }
    const std::string_view character = name.substr(at, length);
    const char32_t c = code_point(character);
    if (std::u32string_view(U"/\\:*?\"<>|").find(c) != std::u32string_view::npos) {
      out += '_';
    } else if (c == '\t' || c == '\n' || c == '\r' || c == 0xA0 || c == 0x3000) {
      out += ' ';
    } else if (!is_unsafe_to_show(c) && !is_invisible(c)) {
      out.append(character);
    }
    at += length;
  }
  return out;
}

std::string_view without_ends(std::string_view name) {
  const std::size_t begin = std::min(name.find_first_not_of(". "), name.size());
  name.remove_prefix(begin);
  return name.substr(0, name.find_last_not_of(". ") + 1);
}

bool is_device(std::string_view name) {
  std::string stem(name.substr(0, name.find('.')));
  while (stem.ends_with(' ')) {
    stem.pop_back();
  }
  for (const char* device : {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"}) {
    if (iequals(stem, device)) {
      return true;
    }
  }
  if (!istarts_with(stem, "COM") && !istarts_with(stem, "LPT")) {
    return false;
  }
  const std::string_view number = std::string_view(stem).substr(3);
  return (number.size() == 1 && is_digit(number[0])) || number == "¹" || number == "²" || number == "³";
}

// Where the ending begins (at its dot); the size where there is none.
std::size_t ending_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 || name.size() - dot > longest_ending ? name.size() : dot;
}

}  // namespace

std::string safe_filename(std::string_view name, std::string_view fallback) {
  const std::string harmless = harmless_characters(last_component(name));
  std::string out(without_ends(harmless));
  if (out.starts_with('-') || out.starts_with('~')) {
    out.front() = '_';
  }
  if (is_device(out)) {
    out.insert(0, 1, '_');
  }
  if (out.size() > longest_filename) {
    const std::string ending = out.substr(ending_of(out));
    out = std::string(without_ends(first_octets(out, longest_filename - ending.size()))) + ending;
  }
  return out.empty() ? std::string(fallback) : out;
}

std::filesystem::path save_new_file(const std::filesystem::path& folder, std::string_view name,
                                    std::string_view octets) {
  constexpr int most_of_one_name = 10'000;
  const std::string safe = safe_filename(name);
  const std::size_t ending = ending_of(safe);
  for (int number = 1; number < most_of_one_name; ++number) {
    std::string numbered = safe;
    if (number > 1) {
      numbered.insert(ending, " (" + std::to_string(number) + ")");
    }
    const std::filesystem::path path = folder / numbered;
    FileDescriptor file = FileDescriptor::open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0666);
    if (!file && errno == EEXIST) {
      continue;
    }
    if (!file) {
      throw file_error("write", path, errno);
    }
    int error = write_all(file.get(), octets);
    if (const int closing = file.close(); error == 0) {
      error = closing;
    }
    if (error == 0) {
      return path;
    }
    ::unlink(path.c_str());
    throw file_error("write", path, error);
  }
  throw file_error("write", folder / safe, EEXIST);
}

}  // namespace posthouse::mime
