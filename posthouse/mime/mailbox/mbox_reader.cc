#include <algorithm>
#include <array>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/mime/mailbox/entry_header.h"
#include "posthouse/mime/mailbox/mbox.h"
#include "posthouse/mime/wire/file.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

constexpr std::string_view from = "From ";

// Octets of the empty line that ends `entry`, which belongs to the file and not to the message.
std::size_t last_empty_line(std::string_view entry) {
  if (entry == "\n" || entry.ends_with("\n\n")) {
    return 1;
  }
  return entry == "\r\n" || entry.ends_with("\n\r\n") ? 2 : 0;
}

bool empty_line_before(std::string_view text, std::size_t at) {
  return at == 0 || text.substr(0, at).ends_with("\n\n") || text.substr(0, at).ends_with("\n\r\n") ||
         (at <= 2 && empty_line(text, 0) == at);
}

// "hh:mm" and a year of four digits are in every date a From line has, whatever else differs.
bool has_date(std::string_view line) {
  bool time = false, year = false;
  std::size_t digits = 0;
  for (std::size_t i = 0; i <= std::min<std::size_t>(line.size(), 1000); ++i) {
    const char c = i < line.size() ? line[i] : '\n';
    if (is_digit(c)) {
      ++digits;
      continue;
    }
    if (digits == 2 && c == ':' && i + 2 < line.size() && is_digit(line[i + 1]) && is_digit(line[i + 2])) {
      time = true;
    }
    if (digits == 4 && i >= 5 && line[i - 5] == ' ') {
      year = true;
    }
    digits = 0;
  }
  return time && year;
}

bool is_field_line(std::string_view line) {
  const auto name = std::find_if(line.begin(), line.end(), [](char c) { return c <= 32 || c >= 127 || c == ':'; });
  return name != line.begin() && name != line.end() && *name == ':';
}

// What stands at `at` is the beginning of an entry, as far as one can tell without a length.
bool is_from_line(std::string_view text, std::size_t at) {
  if (text.substr(at, from.size()) != from) {
    return false;
  }
  const std::string_view line = trim(line_at(text, at));
  const std::string_view next = line_at(text, after_line(text, at));
  const bool field_follows = is_field_line(next) || next.starts_with(">From ");
  if (has_date(line)) {
    return empty_line_before(text, at) || field_follows;
  }
  const bool one_word = line.size() > from.size() && line.find(' ', from.size()) == std::string_view::npos;
  return one_word && field_follows && empty_line_before(text, at);
}

// Adjacent octets of a view.
std::string_view between(std::string_view text, std::size_t begin, std::size_t end) {
  return text.substr(begin, end - begin);
}

bool has_bare_from(std::string_view message) {
  return message.starts_with(from) || message.find("\nFrom ") != std::string_view::npos;
}

}  // namespace

class MboxReader::Source {
 public:
  explicit Source(const std::filesystem::path& path) : file_(path) {}
  std::string_view octets() const noexcept { return file_.view(); }
  std::string_view present() const noexcept { return file_.present(); }

 private:
  FileOctets file_;
};

std::string_view MboxEntry::sender() const noexcept {
  std::string_view rest = from_line.starts_with(from) ? from_line.substr(from.size()) : std::string_view();
  return take_word(rest);
}

std::string MboxEntry::message() const {
  if (format == MboxFormat::mboxcl2) {
    return std::string(raw);
  }
  const bool exact = format == MboxFormat::mboxrd || format == MboxFormat::automatic;
  std::string out;
  out.reserve(raw.size());
  for (std::size_t at = 0; at < raw.size();) {
    const std::size_t next = after_line(raw, at);
    std::string_view line = between(raw, at, next);
    const std::size_t marks = line.starts_with('>') ? std::min(line.find_first_not_of('>'), line.size()) : 0;
    if (marks > 0 && (exact || marks == 1) && line.substr(marks).starts_with(from)) {
      line.remove_prefix(1);
    }
    out += line;
    at = next;
  }
  return out;
}

MboxReader MboxReader::open(const std::filesystem::path& path, MboxFormat format) {
  auto source = std::make_unique<Source>(path);
  MboxReader reader(source->octets(), format);
  reader.source_ = std::move(source);
  return reader;
}

MboxReader::MboxReader(std::string_view octets, MboxFormat format) : octets_(octets), format_(format) {}
MboxReader::~MboxReader() = default;
MboxReader::MboxReader(MboxReader&&) noexcept = default;
MboxReader& MboxReader::operator=(MboxReader&&) noexcept = default;

// The end of the message whose header begins at `begin`, by its Content-Length. npos where there is no length, or none to
// be believed: what follows the message must be the next entry or the end of the file, with or without an empty line.
std::size_t MboxReader::end_by_length(std::size_t begin) const {
  const EntryHeader header = entry_header(octets_, begin);
  if (!header.length) {
    return std::string_view::npos;
  }
  const std::optional<std::size_t> length = number_of<std::size_t>(*header.length);
  if (!length || *length > octets_.size() - header.body) {
    return std::string_view::npos;
  }
  const std::size_t at = header.body + *length;
  const std::size_t next = at + empty_line(octets_, at);
  if (next == octets_.size()) {
    return at;
  }
  const bool trusting = format_ == MboxFormat::mboxcl || format_ == MboxFormat::mboxcl2;
  const bool leads_on = trusting ? octets_.substr(next, from.size()) == from : is_from_line(octets_, next);
  return leads_on ? at : std::string_view::npos;
}

// The first From line at or after `at`, which is the start of a line; the end where there is none.
std::size_t MboxReader::next_from_line(std::size_t at) const {
  const bool any = format_ == MboxFormat::mboxo || format_ == MboxFormat::mboxrd;
  while (at < octets_.size()) {
    if (octets_.substr(at, from.size()) == from && (any || is_from_line(octets_, at))) {
      return at;
    }
    const std::size_t next = octets_.find("\nFrom ", at);
    if (next == std::string_view::npos) {
      break;
    }
    at = next + 1;
  }
  return octets_.size();
}

std::optional<MboxEntry> MboxReader::next() {
  if (source_) {
    octets_ = source_->present();
  }
  if (at_ == 0) {
    while (const std::size_t empty = empty_line(octets_, at_)) {
      at_ += empty;  // some files begin with empty lines
    }
  }
  if (at_ >= octets_.size()) {
    return std::nullopt;
  }
  MboxEntry entry;
  entry.offset = at_;
  std::size_t begin = at_;
  if (octets_.substr(at_, from.size()) == from) {
    begin = after_line(octets_, at_);
    entry.from_line = trim(line_at(octets_, at_));
  }
  std::size_t end = std::string_view::npos;
  if (format_ != MboxFormat::mboxo && format_ != MboxFormat::mboxrd) {
    end = end_by_length(begin);
  }
  const bool by_length = end != std::string_view::npos;
  if (by_length) {
    at_ = end + empty_line(octets_, end);
  } else {
    at_ = next_from_line(begin);
    end = at_ - last_empty_line(between(octets_, begin, at_));
  }
  entry.raw = between(octets_, begin, end);
  entry.format = format_;
  if (format_ == MboxFormat::automatic) {
    entry.format = by_length ? format_by_length(entry.offset, entry.raw) : MboxFormat::mboxrd;
  }
  return entry;
}

// Is ">From " in this entry a mark (mboxcl) or text (mboxcl2)? A line "From " anywhere in the file says that nothing is
// marked; it is looked for once, from the first entry on where it makes a difference.
MboxFormat MboxReader::format_by_length(std::size_t at, std::string_view raw) {
  if (has_bare_from(raw)) {
    lengths_alone_ = true;
  }
  if (!lengths_alone_ && raw.find(">From ") != std::string_view::npos) {
    lengths_alone_ = has_unmarked_entry(at);
  }
  return lengths_alone_.value_or(false) ? MboxFormat::mboxcl2 : MboxFormat::mboxcl;
}

bool MboxReader::has_unmarked_entry(std::size_t at) const {
  while (octets_.substr(at, from.size()) == from) {
    const std::size_t header = after_line(octets_, at);
    const std::size_t end = end_by_length(header);
    if (end == std::string_view::npos) {
      break;
    }
    if (has_bare_from(between(octets_, header, end))) {
      return true;
    }
    at = end + empty_line(octets_, end);
  }
  return false;
}

bool looks_like_mbox(std::string_view octets) noexcept {
  return is_from_line(octets, 0);
}

}  // namespace posthouse::mime
