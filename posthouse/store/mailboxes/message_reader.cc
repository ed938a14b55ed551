#include "posthouse/store/mailboxes/message_reader.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "posthouse/base/file.h"
#include "posthouse/fiber/run.h"
#include "posthouse/store/bodies/bodies.h"
#include "posthouse/store/error.h"
#include "posthouse/store/mailboxes/front.h"

namespace posthouse::store {
namespace {

constexpr std::size_t chunk_size = 64 * 1024;

std::string message_label(MessageId message) {
  return "message " + std::to_string(message);
}

[[noreturn]] void no_such_message(MessageId message) {
  throw Error(Errc::no_such_message, fmt::format("there is no {} any more", message_label(message)));
}

[[noreturn]] void damaged(MessageId message, const std::string& how) {
  throw Error(Errc::body_file, fmt::format("{} is damaged: {}", message_label(message), how));
}

/// A body file being read. Every call may block.
class BodyReader {
 public:
  BodyReader(const BodyFolder& folder, MessageId message, const std::string& name, std::uint64_t size)
      : message_(message), path_(folder.path(name)), left_(size) {
    file_ = FileDescriptor::open(path_, O_RDONLY);
    if (!file_ && errno == ENOENT) {
      damaged(message, fmt::format("its file {} is missing", path_.string()));
    }
    if (!file_) {
      throw_file_error("cannot open", path_, errno);
    }
  }
  std::uint64_t left() const noexcept { return left_; }
  /// Passes over `octets`, or as many as there are.
  void skip(std::uint64_t octets) {
    octets = std::min(octets, left_);
    if (octets != 0 && ::lseek(file_.get(), static_cast<off_t>(octets), SEEK_CUR) < 0) {
      throw_file_error("cannot read", path_, errno);
    }
    left_ -= octets;
  }
  /// Appends up to `limit` octets, as many as there are, to `to`.
  void read(std::string& to, std::uint64_t limit) {
    const auto wanted = static_cast<std::size_t>(std::min(left_, limit));
    const std::size_t start = to.size();
    to.resize(start + wanted);
    std::size_t got = 0;
    if (const int error = read_full(file_.get(), to.data() + start, wanted, got)) {
      throw_file_error("cannot read", path_, error);
    }
    if (got < wanted) {
      damaged(message_, fmt::format("its file {} is too short", path_.string()));
    }
    left_ -= wanted;
  }

 private:
  MessageId message_;
  std::filesystem::path path_;
  std::uint64_t left_;
  FileDescriptor file_;
};

/// Octets of the Return-Path field that `text` begins with, 0 when it begins with something else.
std::size_t return_path_length(std::string_view text) {
  if (!text.starts_with("Return-Path: <")) {
    return 0;
  }
  const std::size_t end = text.find("\r\n");
  return end == std::string_view::npos ? 0 : end + 2;
}

/// A message as its row has it.
struct Found {
  std::string text{};             ///< its beginning: all of it when it has no file
  std::string file{};             ///< that has the rest
  std::uint64_t file_octets = 0;  ///< as long as it should be
  /// Messages stored before schema 2 have no prefix: all that the house put in front is part of their body, and begins
  /// with the Return-Path field when there was one. The next hop must not get that.
  bool return_path_inside = false;
};

constexpr const char* select_messages =
    "SELECT m.id, m.size, m.prefix_size, m.return_path, b.body, f.name, COALESCE(b.prefix, f.prefix) FROM message m "
    "LEFT JOIN message_body b ON b.message_id = m.id LEFT JOIN message_file f ON f.message_id = m.id "
    "WHERE m.id IN (?)";

/// Calls `f(id, row)` for each of `messages`, one or an sql::list of them, that is there.
template <class Messages, class F>
void each_message(Read& read, const Messages& messages, F&& f) {
  for (const auto& row :
       own_tables(read)
           .query<MessageId, std::uint64_t, std::optional<std::uint64_t>, std::optional<sql::BlobView>,
                  std::optional<sql::BlobView>, std::optional<std::string>, std::optional<sql::BlobView>>(
               select_messages, messages)) {
    f(std::get<0>(row), row);
  }
}

/// Throws body_file when the row is damaged.
template <class Row>
Found found_in(const Row& row, Audience audience) {
  const auto& [message, size, prefix_size, return_path, body, file, prefix] = row;
  if (prefix_size != (prefix ? std::optional(prefix->bytes.size()) : std::nullopt)) {
    damaged(message, "what stands in front of it is not as long as it should be");
  }
  Found found;
  found.text.reserve((return_path ? return_path->bytes.size() + return_path_octets : 0) + prefix_size.value_or(0) +
                     (body ? body->bytes.size() : 0));
  if (audience == Audience::mailbox && return_path) {
    append_return_path(found.text, return_path->bytes);
  }
  if (audience != Audience::received && prefix) {
    found.text += prefix->bytes;
  }
  const bool return_path_inside = audience == Audience::next_hop && !prefix;
  if (body) {
    if (body->bytes.size() != size) {
      damaged(message, "its body is not as long as it should be");
    }
    found.text += body->bytes.substr(return_path_inside ? return_path_length(body->bytes) : 0);
  } else if (file) {
    found.file = *file;
    found.file_octets = size;
    found.return_path_inside = return_path_inside;
  } else {
    damaged(message, "it has no body");
  }
  return found;
}

Found find(Read& read, MessageId message, Audience audience) {
  std::optional<Found> found;
  each_message(read, message, [&](MessageId, const auto& row) { found = found_in(row, audience); });
  if (!found) {
    no_such_message(message);
  }
  return *std::move(found);
}

}  // namespace

/// A message being given out: `text`, then what is left of the file.
struct MessageReader::Opened {
  std::string text{};
  std::optional<BodyReader> file{};
  std::uint64_t size() const noexcept { return text.size() + (file ? file->left() : 0); }
};

/// Calls `f`, which looks at a file that a row has named. The row may have been removed and the file unlinked between the
/// two looks: then the message is gone, not damaged.
template <class F>
void MessageReader::unless_gone(MessageId message, F&& f) {
  try {
    f();
  } catch (const Error& error) {
    if (error.errc() == Errc::body_file) {
      (void)size(message);
    }
    throw;
  }
}

/// May block.
MessageReader::Opened MessageReader::open(MessageId message, Audience audience) {
  Found found = readers_.read_once([&](Read& read) { return find(read, message, audience); });
  Opened opened{.text = std::move(found.text)};
  if (found.file.empty()) {
    return opened;
  }
  unless_gone(message, [&] {
    opened.file.emplace(bodies_, message, found.file, found.file_octets);
    if (found.return_path_inside) {
      // At most 320 octets of address (RFC 5321 section 4.5.3.1) and the field's name.
      opened.file->read(opened.text, 1024);
      opened.text.erase(0, return_path_length(opened.text));
    }
  });
  return opened;
}

std::uint64_t MessageReader::size(MessageId message, Audience audience) {
  const auto row = readers_.read_once([&](Read& read) {
    return own_tables(read).query_optional<std::uint64_t, std::uint64_t, std::optional<std::uint64_t>>(
        fmt::format("SELECT m.size, {}, m.prefix_size FROM message m WHERE m.id = ?", front_length), message);
  });
  if (!row) {
    no_such_message(message);
  }
  const auto& [body, front, prefix] = *row;
  if (audience != Audience::next_hop) {
    return body + (audience == Audience::mailbox ? front : 0);
  }
  return prefix ? body + *prefix : fiber::blocking([&] { return open(message, audience).size(); });
}

std::string MessageReader::load(MessageId message, Audience audience) {
  return fiber::blocking([&] {
    Opened opened = open(message, audience);
    if (opened.file) {
      unless_gone(message, [&] { opened.file->read(opened.text, opened.file->left()); });
    }
    return std::move(opened.text);
  });
}

std::optional<std::filesystem::path> MessageReader::file_of(MessageId message) {
  const Found found = readers_.read_once([&](Read& read) { return find(read, message, Audience::received); });
  return found.file.empty() ? std::nullopt : std::optional(bodies_.path(found.file));
}

std::vector<SmallMessage> MessageReader::load_small(std::span<const MessageId> messages, std::size_t limit) {
  if (messages.empty()) {
    return {};
  }
  std::map<MessageId, SmallMessage> ahead = readers_.read_once([&](Read& read) {
    std::map<MessageId, SmallMessage> small;
    std::size_t total = 0;
    each_message(read, sql::list(messages), [&](MessageId message, const auto& row) {
      try {
        Found found = found_in(row, Audience::mailbox);
        if (!found.file.empty()) {
          small.emplace(message, SmallMessage{.size = found.text.size() + found.file_octets});
        } else if (total == 0 || total + found.text.size() <= limit) {
          total += found.text.size();
          small.emplace(message, SmallMessage{.size = found.text.size(), .text = std::move(found.text)});
        }
      } catch (const Error&) {  // told when it is asked for alone
      }
    });
    return small;
  });
  std::vector<SmallMessage> run;
  for (const MessageId message : messages) {
    const auto found = ahead.find(message);
    if (found == ahead.end()) {
      break;
    }
    run.push_back(std::move(found->second));
    ahead.erase(found);
  }
  return run;
}

std::vector<std::string> MessageReader::load_run(std::span<const MessageId> messages, std::size_t limit) {
  std::vector<std::string> run;
  for (SmallMessage& small : load_small(messages, limit)) {
    if (!small.text) {
      break;
    }
    run.push_back(*std::move(small.text));
  }
  if (run.empty() && !messages.empty()) {
    run.push_back(load(messages.front()));
  }
  return run;
}

void MessageReader::read(MessageId message, OctetRange octets, const std::function<bool(std::string_view)>& sink,
                         Audience audience) {
  Opened opened = fiber::blocking([&] { return open(message, audience); });
  std::uint64_t left = octets.size;
  const auto give = [&](std::string_view chunk) {
    left -= chunk.size();
    return sink(chunk) && left > 0;
  };
  std::string_view text = opened.text;
  const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(octets.offset, text.size()));
  for (text.remove_prefix(skipped); !text.empty() && left > 0;) {
    const std::string_view chunk = text.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(chunk_size, left)));
    text.remove_prefix(chunk.size());
    if (!give(chunk)) {
      return;
    }
  }
  if (opened.file) {
    fiber::blocking([&] { opened.file->skip(octets.offset - skipped); });
  }
  std::string chunk;
  while (opened.file && opened.file->left() > 0 && left > 0) {
    chunk.clear();
    fiber::blocking([&] { opened.file->read(chunk, std::min<std::uint64_t>(chunk_size, left)); });
    if (!give(chunk)) {
      return;
    }
  }
}

}  // namespace posthouse::store
