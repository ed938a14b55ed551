// Any octets are an mbox, in each of its forms, and the names and flags of a Maildir; what is written of any octets is
// read back.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/temporary_folder.h"

#include "posthouse/base/error.h"
#include "posthouse/mime/mime.h"

using namespace posthouse;
using mime::MboxFormat;

namespace {

constexpr std::array formats = {MboxFormat::automatic, MboxFormat::mboxo, MboxFormat::mboxrd, MboxFormat::mboxcl,
                                MboxFormat::mboxcl2};

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

// Entries follow each other, and hold nothing that is not in the file.
void read_mbox(std::string_view bytes) {
  for (const MboxFormat format : formats) {
    mime::MboxReader reader(bytes, format);
    std::size_t at = 0;
    while (const auto entry = reader.next()) {
      require(entry->offset >= at && entry->raw.data() >= bytes.data() + entry->offset);
      at = static_cast<std::size_t>(entry->raw.data() - bytes.data()) + entry->raw.size();
      require(at <= bytes.size());
      require(entry->message().size() <= entry->raw.size());
      require(entry->sender().size() <= entry->from_line.size());
    }
    require(!reader.next());
  }
  mime::looks_like_mbox(bytes);
}

// Two messages stay two. Where the form is exact, what one reads is what one writes again (CR CR LF aside, of which
// each writing takes a CR).
void write_mbox(std::string_view bytes) {
  for (const MboxFormat format : formats) {
    const auto written = [&](std::string_view message) {
      std::string box;
      for (int i = 0; i < 2; ++i) {
        mime::write_mbox_entry([&](std::string_view piece) { box += piece; }, message, bytes.substr(0, 60), {},
                               {.format = format});
      }
      return box;
    };
    const std::string box = written(bytes);
    mime::MboxReader reader(box, format == MboxFormat::automatic ? MboxFormat::mboxrd : format);
    const auto first = reader.next(), second = reader.next();
    require(first && second && !reader.next() && first->raw == second->raw);
    const bool exact = format != MboxFormat::mboxo && format != MboxFormat::mboxcl;
    const bool loses_cr = bytes.ends_with('\r') || bytes.find("\r\r\n") != std::string_view::npos;
    if (exact && !loses_cr) {
      require(written(first->message()) == box);
    }
  }
}

// A line of the input is a name in cur, and what follows the lines is the message.
void keep_in_maildir(std::string_view bytes) {
  static const test::TemporaryFolder folder(test::fast_folder());
  const mime::Maildir box = mime::Maildir::create(folder / "box");
  const std::string_view line = bytes.substr(0, std::min<std::size_t>(bytes.find('\n'), 200));
  std::string name(line);
  std::replace_if(name.begin(), name.end(), [](char c) { return c == '/' || c == '\0'; }, '_');
  if (name.empty() || name.front() == '.') {
    name.insert(0, "1");
  }
  std::ofstream(folder / "box" / "cur" / name) << bytes;
  const std::vector<mime::MaildirEntry> entries = box.list();
  require(entries.size() == 1 && entries[0].name == name && box.read(entries[0]) == bytes);
  mime::MaildirFlags flags = entries[0].flags;
  flags.seen = !flags.seen;
  try {
    const mime::MaildirEntry moved = box.set_flags(entries[0], flags);
    require(moved.unique() == entries[0].unique() && box.list() == std::vector{moved} && box.read(moved) == bytes);
  } catch (const Error&) {  // the name has become too long
  }
  std::filesystem::remove_all(folder / "box");
  try {
    box.folder(bytes);
    require(false);
  } catch (const Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_mbox(bytes);
  write_mbox(bytes);
  if (size <= 4096) {
    keep_in_maildir(bytes);
  }
  return 0;
}
