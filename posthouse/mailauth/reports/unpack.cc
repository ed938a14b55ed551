#include "posthouse/mailauth/reports/unpack.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include <fmt/format.h>
#include <zlib.h>

#include "posthouse/base/text.h"
#include "posthouse/mailauth/error.h"

namespace posthouse::mailauth {
namespace {

[[noreturn]] void broken(const std::string& what) {
  throw Error(Errc::report, what);
}

/// The octets of a file in turn, read by number without leaving it.
class Octets {
 public:
  explicit Octets(std::string_view text) : text_(text) {}

  /// The unsigned number of `size` octets, the lowest first.
  std::uint32_t number(std::size_t at, std::size_t size) const {
    std::uint32_t value = 0;
    for (const char c : part(at, size)) {
      value = value >> 8U | static_cast<std::uint32_t>(static_cast<unsigned char>(c)) << 24U;
    }
    return value >> (8 * (4 - size));
  }
  std::string_view part(std::size_t at, std::size_t size) const {
    if (at > text_.size() || size > text_.size() - at) {
      broken("the zip file is cut short");
    }
    return text_.substr(at, size);
  }
  bool has(std::size_t at, std::string_view signature) const { return part(at, signature.size()) == signature; }

 private:
  std::string_view text_;
};

/// What comes out of a compressed text; `form` as inflateInit2() has it. `most` bounds the result.
std::string inflated(std::string_view octets, int form, std::size_t most) {
  z_stream stream{};
  if (inflateInit2(&stream, form) != Z_OK) {
    throw std::bad_alloc();
  }
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> guard(&stream, &inflateEnd);
  std::string out;
  std::string buffer(64 * 1024, '\0');
  std::size_t at = 0;
  for (bool ended = false; !ended || (form > MAX_WBITS && is_gzip(octets.substr(at)));) {
    if (ended) {  // a gzip file may be several, one behind the other (RFC 1952 section 2.2)
      inflateReset(&stream);
    }
    const std::size_t given = std::min<std::size_t>(octets.size() - at, std::size_t{1} << 20U);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(octets.data() + at));
    stream.avail_in = static_cast<uInt>(given);
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    const int status = inflate(&stream, Z_NO_FLUSH);
    const std::size_t made = buffer.size() - stream.avail_out;
    at += given - stream.avail_in;
    out.append(buffer, 0, made);
    if (out.size() > most) {
      broken(fmt::format("it unpacks to more than {} octets", most));
    }
    ended = status == Z_STREAM_END;
    if (!ended && (status != Z_OK || (made == 0 && given == stream.avail_in))) {
      broken(status == Z_OK || status == Z_BUF_ERROR ? "the compressed file is cut short"
                                                     : "the compressed file is damaged");
    }
  }
  return out;
}

struct ZipEntry {
  std::string_view name;
  std::uint32_t method = 0;
  std::uint32_t packed = 0;
  std::uint32_t size = 0;
  std::uint32_t offset = 0;
};

// The directory at the end tells what there is; the local headers need not know sizes.
std::vector<ZipEntry> zip_entries(const Octets& zip, std::string_view octets, const ReportLimits& limits) {
  const std::size_t end = octets.rfind("PK\x05\x06");
  if (end == std::string_view::npos) {
    broken("the zip file is cut short");
  }
  const std::uint32_t count = zip.number(end + 10, 2);
  std::size_t at = zip.number(end + 16, 4);
  if (count > limits.files) {
    broken(fmt::format("the zip file holds {} files", count));
  }
  std::vector<ZipEntry> entries;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (!zip.has(at, "PK\x01\x02")) {
      broken("the zip file is damaged");
    }
    const std::size_t name = zip.number(at + 28, 2);
    entries.push_back({zip.part(at + 46, name), zip.number(at + 10, 2), zip.number(at + 20, 4), zip.number(at + 24, 4),
                       zip.number(at + 42, 4)});
    at += 46 + name + zip.number(at + 30, 2) + zip.number(at + 32, 2);
  }
  return entries;
}

std::string zip_content(const Octets& zip, const ZipEntry& entry, std::size_t most) {
  if (!zip.has(entry.offset, "PK\x03\x04")) {
    broken("the zip file is damaged");
  }
  const std::size_t begin =
      std::size_t{entry.offset} + 30 + zip.number(entry.offset + 26, 2) + zip.number(entry.offset + 28, 2);
  const std::string_view packed = zip.part(begin, entry.packed);
  if (entry.size > most || packed.size() > most) {
    broken(fmt::format("it unpacks to more than {} octets", most));
  }
  switch (entry.method) {
    case 0:
      return std::string(packed);
    case 8:
      return inflated(packed, -MAX_WBITS, most);
    default:
      broken("the zip file is compressed in a way that is not known, or encrypted");
  }
}

std::vector<std::string> unzipped(std::string_view octets, const ReportLimits& limits) {
  const Octets zip(octets);
  std::vector<ZipEntry> entries = zip_entries(zip, octets, limits);
  const auto is_xml = [](const ZipEntry& entry) { return to_lower(entry.name).ends_with(".xml"); };
  if (std::any_of(entries.begin(), entries.end(), is_xml)) {
    std::erase_if(entries, [&](const ZipEntry& entry) { return !is_xml(entry); });
  }
  std::vector<std::string> files;
  std::size_t left = limits.octets;
  for (const ZipEntry& entry : entries) {
    if (!entry.name.ends_with('/')) {
      files.push_back(zip_content(zip, entry, left));
      left -= files.back().size();
    }
  }
  return files;
}

}  // namespace

bool is_gzip(std::string_view octets) noexcept {
  return octets.starts_with("\x1f\x8b");
}

bool is_zip(std::string_view octets) noexcept {
  return octets.starts_with("PK\x03\x04");
}

std::vector<std::string> unpack_report(std::string_view octets, const ReportLimits& limits) {
  if (is_zip(octets)) {
    return unzipped(octets, limits);
  }
  if (is_gzip(octets)) {
    return {inflated(octets, MAX_WBITS + 16, limits.octets)};
  }
  if (octets.size() > limits.octets) {
    broken(fmt::format("it has more than {} octets", limits.octets));
  }
  return {std::string(octets)};
}

std::string gzip(std::string_view octets) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  const std::unique_ptr<z_stream, decltype(&deflateEnd)> guard(&stream, &deflateEnd);
  std::string out;
  std::array<char, 16 * 1024> buffer{};
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    const std::size_t given = std::min<std::size_t>(octets.size(), std::size_t{1} << 20U);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(octets.data()));
    stream.avail_in = static_cast<uInt>(given);
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    status = deflate(&stream, given == octets.size() ? Z_FINISH : Z_NO_FLUSH);
    out.append(buffer.data(), buffer.size() - stream.avail_out);
    octets.remove_prefix(given - stream.avail_in);
  }
  return out;
}

}  // namespace posthouse::mailauth
