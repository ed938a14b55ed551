#include "posthouse/mime/formats/magic.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "posthouse/base/text.h"
#include "posthouse/mime/charset/characters.h"
#include "posthouse/mime/charset/charset.h"

namespace posthouse::mime {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::size_t offset;
  std::string_view octets;
  std::string_view type;
};

constexpr Magic magics[] = {
    {0, "%PDF-"sv, "application/pdf"},
    {0, "%!PS"sv, "application/postscript"},
    {0, "\x89PNG\r\n\x1A\n"sv, "image/png"},
    {0, "\xFF\xD8\xFF"sv, "image/jpeg"},
    {0, "GIF87a"sv, "image/gif"},
    {0, "GIF89a"sv, "image/gif"},
    {0, "II*\0"sv, "image/tiff"},
    {0, "MM\0*"sv, "image/tiff"},
    {0, "\0\0\1\0"sv, "image/vnd.microsoft.icon"},
    {0, "\x1F\x8B\x08"sv, "application/gzip"},
    {0, "BZh"sv, "application/x-bzip2"},
    {0,
     "\xFD"
     "7zXZ\0"sv,
     "application/x-xz"},
    {0, "\x28\xB5\x2F\xFD"sv, "application/zstd"},
    {0, "7z\xBC\xAF\x27\x1C"sv, "application/x-7z-compressed"},
    {0, "Rar!\x1A\x07"sv, "application/vnd.rar"},
    {257, "ustar"sv, "application/x-tar"},
    {0, "ID3"sv, "audio/mpeg"},
    {0, "fLaC"sv, "audio/flac"},
    {0, "OggS"sv, "audio/ogg"},
    {0, "{\\rtf"sv, "application/rtf"},
};

bool has(std::string_view bytes, std::size_t at, std::string_view octets) {
  return bytes.size() >= at && bytes.substr(at).starts_with(octets);
}

// RIFF and ISO base media files say at octet 8 what is in them; Matroska says it in its header.
std::string_view container(std::string_view bytes) {
  if (has(bytes, 0, "RIFF")) {
    if (has(bytes, 8, "WEBP")) {
      return "image/webp";
    }
    if (has(bytes, 8, "WAVE")) {
      return "audio/wav";
    }
    if (has(bytes, 8, "AVI ")) {
      return "video/x-msvideo";
    }
  }
  if (has(bytes, 4, "ftyp")) {
    if (has(bytes, 8, "heic") || has(bytes, 8, "heix") || has(bytes, 8, "mif1")) {
      return "image/heic";
    }
    if (has(bytes, 8, "avif")) {
      return "image/avif";
    }
    if (has(bytes, 8, "M4A ")) {
      return "audio/mp4";
    }
    return has(bytes, 8, "qt  ") ? "video/quicktime" : "video/mp4";
  }
  if (has(bytes, 0, "\x1A\x45\xDF\xA3")) {
    const bool webm = bytes.substr(0, 64).find("webm") != std::string_view::npos;
    return webm ? "video/webm" : "video/x-matroska";
  }
  return {};
}

// A zip archive's first entry tells OpenDocument and EPUB (stored, named "mimetype"), the names of its entries Office
// Open XML.
std::string_view zip_archive(std::string_view bytes) {
  if (!has(bytes, 0, "PK\x03\x04")) {
    return {};
  }
  constexpr std::size_t name = 30;
  constexpr std::string_view mimetype = "mimetype";
  if (has(bytes, name, mimetype)) {
    for (const std::string_view type :
         {"application/epub+zip"sv, "application/vnd.oasis.opendocument.text"sv,
          "application/vnd.oasis.opendocument.spreadsheet"sv, "application/vnd.oasis.opendocument.presentation"sv}) {
      if (has(bytes, name + mimetype.size(), type)) {
        return type;
      }
    }
  }
  if (has(bytes, name, "[Content_Types].xml") || has(bytes, name, "_rels/")) {
    const auto holds = [&](std::string_view folder) { return bytes.find(folder) != std::string_view::npos; };
    if (holds("word/")) {
      return "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    }
    if (holds("xl/")) {
      return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    }
    if (holds("ppt/")) {
      return "application/vnd.openxmlformats-officedocument.presentationml.presentation";
    }
  }
  return "application/zip";
}

// A frame of MPEG audio, layer III: eleven bits of one, then version and layer, bit rate and sampling that exist.
bool is_mpeg_audio(std::string_view bytes) {
  if (bytes.size() < 4) {
    return false;
  }
  const auto b = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  return b(0) == 0xFF && (b(1) & 0xE6U) == 0xE2U && (b(1) & 0x18U) != 0x08U && (b(2) & 0xF0U) != 0xF0U &&
         (b(2) & 0xF0U) != 0 && (b(2) & 0x0CU) != 0x0CU;
}

std::string_view text_type(std::string_view bytes) {
  const bool controls = std::any_of(bytes.begin(), bytes.end(), [](char c) {
    return (c >= 0 && c < 32 && c != '\t' && c != '\n' && c != '\r' && c != '\f') || c == 127;
  });
  const std::string_view whole = whole_characters(bytes);
  if (whole.empty() || controls || !is_valid_utf8(whole)) {
    return {};
  }
  if (bytes.starts_with("\xEF\xBB\xBF")) {
    bytes.remove_prefix(3);
  }
  bytes = trim(bytes);
  if (istarts_with(bytes, "<!doctype html") || istarts_with(bytes, "<html")) {
    return "text/html";
  }
  return bytes.starts_with("<?xml") ? "application/xml" : "text/plain";
}

}  // namespace

std::string_view media_type_by_content(std::string_view beginning) noexcept {
  const Magic* found = std::find_if(std::begin(magics), std::end(magics),
                                    [&](const Magic& magic) { return has(beginning, magic.offset, magic.octets); });
  if (found != std::end(magics)) {
    return found->type;
  }
  for (const auto look : {container, zip_archive}) {
    if (const std::string_view type = look(beginning); !type.empty()) {
      return type;
    }
  }
  return is_mpeg_audio(beginning) ? "audio/mpeg" : text_type(beginning);
}

}  // namespace posthouse::mime
