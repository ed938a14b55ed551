// Reading bodies back.
#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <variant>

#include <fcntl.h>
#include <unistd.h>

#include "posthouse/base/file.h"
#include "posthouse/store/bodies/bodies.h"
#include "posthouse/store/store.h"

namespace posthouse::store {
namespace {

constexpr std::size_t chunk_size = 64 * 1024;

[[noreturn]] void no_such_message(MessageId message) {
  throw Error(Errc::no_such_message, "there is no message " + std::to_string(message) + " any more");
}

[[noreturn]] void damaged(MessageId message, const std::string& how) {
  throw Error(Errc::body_file, "message " + std::to_string(message) + " is damaged: " + how);
}

/// Where the octets of a body are.
struct Place {
  std::uint64_t size = 0;
  std::optional<std::string> octets{};
  std::string file{};
};

Place find(sql::Connection& db, MessageId message) {
  const auto row = db.query_optional<std::uint64_t, std::optional<sql::Blob>, std::optional<std::string>>(
      "SELECT m.size, b.body, f.name FROM message m LEFT JOIN message_body b ON b.message_id = m.id "
      "LEFT JOIN message_file f ON f.message_id = m.id WHERE m.id = ?",
      message);
  if (!row) {
    no_such_message(message);
  }
  const auto& [size, body, file] = *row;
  Place place;
  place.size = size;
  if (body) {
    if (body->bytes.size() != size) {
      damaged(message, "its body is not as long as it should be");
    }
    place.octets = body->bytes;
  } else if (file) {
    place.file = *file;
  } else {
    damaged(message, "it has no body");
  }
  return place;
}

}  // namespace

/// A body file being read. Every call may block.
class BodyReader {
 public:
  BodyReader(const BodyFolder& folder, MessageId message, const Place& place)
      : message_(message), path_(folder.path(place.file)), left_(place.size) {
    file_ = FileDescriptor::open(path_, O_RDONLY);
    if (!file_ && errno == ENOENT) {
      damaged(message, "its file " + path_.string() + " is missing");
    }
    if (!file_) {
      throw_file_error("cannot open", path_, errno);
    }
  }
  std::uint64_t left() const noexcept { return left_; }
  /// Appends up to `limit` octets, as many as there are, to `to`.
  void read(std::string& to, std::size_t limit) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left_, limit));
    const std::size_t start = to.size();
    to.resize(start + wanted);
    std::size_t got = 0;
    if (const int error = read_full(file_.get(), to.data() + start, wanted, got)) {
      throw_file_error("cannot read", path_, error);
    }
    if (got < wanted) {
      damaged(message_, "its file " + path_.string() + " is too short");
    }
    left_ -= wanted;
  }

 private:
  MessageId message_;
  std::filesystem::path path_;
  std::uint64_t left_;
  FileDescriptor file_;
};

namespace {

/// A row may have been removed and its file unlinked between the two looks at them: then the message is gone, not
/// damaged.
template <class F>
auto unless_gone(Store& store, MessageId message, F&& f) {
  try {
    return f();
  } catch (const Error& error) {
    if (error.errc() == Errc::body_file) {
      (void)store.body_size(message);
    }
    throw;
  }
}

}  // namespace

std::uint64_t Store::body_size(MessageId message) {
  const auto size = read([&](sql::Connection& db) {
    return db.query_optional<std::uint64_t>("SELECT size FROM message WHERE id = ?", message);
  });
  if (!size) {
    no_such_message(message);
  }
  return *size;
}

std::string Store::load_body(MessageId message) {
  return fiber::blocking([&] {
    Place place = read([&](sql::Connection& db) { return find(db, message); });
    if (place.octets) {
      return std::move(*place.octets);
    }
    return unless_gone(*this, message, [&] {
      std::string octets;
      BodyReader(*bodies_, message, place).read(octets, static_cast<std::size_t>(place.size));
      return octets;
    });
  });
}

std::vector<std::string> Store::load_bodies(std::span<const MessageId> messages, std::size_t limit) {
  if (messages.empty()) {
    return {};
  }
  std::vector<std::string> bodies = read([&](sql::Connection& db) {
    std::vector<std::string> result;
    std::size_t total = 0;
    for (const MessageId message : messages) {
      Place place;
      try {
        place = find(db, message);
      } catch (const Error&) {
        if (result.empty()) {
          throw;
        }
        break;  // told when it is asked for first
      }
      if (!place.octets || (total + place.octets->size() > limit && !result.empty())) {
        break;
      }
      total += place.octets->size();
      result.push_back(std::move(*place.octets));
    }
    return result;
  });
  if (bodies.empty()) {
    bodies.push_back(load_body(messages.front()));
  }
  return bodies;
}

void Store::read_body(MessageId message, const std::function<void(std::string_view)>& sink) {
  Place place = read([&](sql::Connection& db) { return find(db, message); });
  if (place.octets) {
    std::string_view octets = *place.octets;
    while (!octets.empty()) {
      sink(octets.substr(0, chunk_size));
      octets.remove_prefix(std::min(octets.size(), chunk_size));
    }
    return;
  }
  std::optional<BodyReader> reader;
  unless_gone(*this, message, [&] { fiber::blocking([&] { reader.emplace(*bodies_, message, place); }); });
  std::string chunk;
  while (reader->left() > 0) {
    chunk.clear();
    fiber::blocking([&] { reader->read(chunk, chunk_size); });
    sink(chunk);
  }
}

}  // namespace posthouse::store
