#include "posthouse/mime/formats/media_types.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "posthouse/base/text.h"
#include "posthouse/mime/formats/magic.h"

namespace posthouse::mime {
namespace {

struct Ending {
  std::string_view ending;
  std::string_view type;
};

// In the order of the endings.
constexpr Ending endings[] = {
    {"7z", "application/x-7z-compressed"},
    {"aac", "audio/aac"},
    {"apk", "application/vnd.android.package-archive"},
    {"asc", "application/pgp-signature"},
    {"avi", "video/x-msvideo"},
    {"avif", "image/avif"},
    {"bin", "application/octet-stream"},
    {"bmp", "image/bmp"},
    {"bz2", "application/x-bzip2"},
    {"c", "text/x-c"},
    {"cc", "text/x-c"},
    {"css", "text/css"},
    {"csv", "text/csv"},
    {"dat", "application/octet-stream"},
    {"doc", "application/msword"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"eml", "message/rfc822"},
    {"epub", "application/epub+zip"},
    {"exe", "application/octet-stream"},
    {"flac", "audio/flac"},
    {"gif", "image/gif"},
    {"gz", "application/gzip"},
    {"h", "text/x-c"},
    {"heic", "image/heic"},
    {"htm", "text/html"},
    {"html", "text/html"},
    {"ics", "text/calendar"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript"},
    {"json", "application/json"},
    {"log", "text/plain"},
    {"m4a", "audio/mp4"},
    {"md", "text/markdown"},
    {"mkv", "video/x-matroska"},
    {"mov", "video/quicktime"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"mpeg", "video/mpeg"},
    {"odp", "application/vnd.oasis.opendocument.presentation"},
    {"ods", "application/vnd.oasis.opendocument.spreadsheet"},
    {"odt", "application/vnd.oasis.opendocument.text"},
    {"ogg", "audio/ogg"},
    {"p7m", "application/pkcs7-mime"},
    {"p7s", "application/pkcs7-signature"},
    {"patch", "text/x-diff"},
    {"pdf", "application/pdf"},
    {"pem", "application/x-pem-file"},
    {"png", "image/png"},
    {"ppt", "application/vnd.ms-powerpoint"},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {"py", "text/x-python"},
    {"rtf", "application/rtf"},
    {"svg", "image/svg+xml"},
    {"tar", "application/x-tar"},
    {"tgz", "application/gzip"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"txt", "text/plain"},
    {"vcf", "text/vcard"},
    {"wav", "audio/wav"},
    {"webm", "video/webm"},
    {"webp", "image/webp"},
    {"xhtml", "application/xhtml+xml"},
    {"xls", "application/vnd.ms-excel"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"xml", "application/xml"},
    {"xz", "application/x-xz"},
    {"yaml", "application/yaml"},
    {"yml", "application/yaml"},
    {"zip", "application/zip"},
    {"zst", "application/zstd"},
};
static_assert(std::is_sorted(std::begin(endings), std::end(endings),
                             [](const Ending& a, const Ending& b) { return a.ending < b.ending; }));

// By the ending; empty where the table does not have it.
std::string_view type_by_name(std::string_view file_name) noexcept {
  std::array<char, 8> lower{};
  const std::size_t dot = file_name.rfind('.');
  if (dot == std::string_view::npos || file_name.size() - dot - 1 > lower.size()) {
    return {};
  }
  const std::string_view ending = file_name.substr(dot + 1);
  std::transform(ending.begin(), ending.end(), lower.begin(), [](char c) { return to_lower(c); });
  const std::string_view key(lower.data(), ending.size());
  const Ending* found = std::lower_bound(std::begin(endings), std::end(endings), key,
                                         [](const Ending& entry, std::string_view k) { return entry.ending < k; });
  return found != std::end(endings) && found->ending == key ? found->type : std::string_view();
}

std::string_view or_octets(std::string_view type) noexcept {
  return type.empty() ? "application/octet-stream" : type;
}

}  // namespace

std::string_view media_type_of(std::string_view file_name) noexcept {
  return or_octets(type_by_name(file_name));
}

std::string_view media_type_of(std::string_view file_name, std::string_view beginning) noexcept {
  const std::string_view type = type_by_name(file_name);
  return or_octets(type.empty() ? media_type_by_content(beginning) : type);
}

}  // namespace posthouse::mime
