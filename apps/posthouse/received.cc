#include "apps/posthouse/received.h"

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <system_error>
#include <utility>
#include <vector>

#include <boost/json.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "posthouse/base/error.h"
#include "posthouse/fiber/random.h"
#include "posthouse/mime/read/tree.h"
#include "posthouse/mime/tree/message.h"

namespace posthouse::app {
namespace {

constexpr std::size_t beginning = std::size_t{1} << 20;

[[noreturn]] void fail(const std::string& action, const std::filesystem::path& file, int error) {
  throw Error("cannot " + action + ' ' + file.string() + ": " + std::generic_category().message(error));
}

void require_synced(const std::filesystem::path& directory) {
  if (const int error = sync_folder(directory)) {
    fail("sync", directory, error);
  }
}

boost::json::array addresses(const std::vector<mime::Address>& list) {
  boost::json::array array;
  for (const auto& address : list) {
    array.push_back({{"name", address.name}, {"addr", address.addr}});
  }
  return array;
}

}  // namespace

std::string safe_name(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string name;
  for (const char c : text.substr(0, 70)) {  // RFC 1939 section 7 allows no more
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                       c == '_' || (c == '.' && !name.empty());
    if (plain) {
      name.push_back(c);
    } else {
      name.append(1, '%').append(1, digits[static_cast<unsigned char>(c) >> 4]).append(1, digits[c & 15]);
    }
  }
  return name;
}

IncomingFile::IncomingFile(std::filesystem::path directory)
    : directory_(std::move(directory)),
      temporary_(directory_ / (".posthouse-" + fiber::random_hex(8) + ".tmp")),
      file_(FileDescriptor::open(temporary_, O_WRONLY | O_CREAT | O_EXCL)) {
  if (!file_) {
    fail("create", temporary_, errno);
  }
}

IncomingFile::~IncomingFile() {
  if (!temporary_.empty()) {
    ::unlink(temporary_.c_str());
  }
}

void IncomingFile::append(std::string_view chunk) {
  if (const int error = write_all(file_.get(), chunk)) {
    fail("write", temporary_, error);
  }
}

std::filesystem::path IncomingFile::keep_as(const std::string& name) {
  if (const int error = write_and_sync(file_.get(), {})) {
    fail("write", temporary_, error);
  }
  for (int attempt = 1;; ++attempt) {
    const std::string suffix = attempt == 1 ? "" : '-' + std::to_string(attempt);
    const std::filesystem::path file = directory_ / (name + suffix + ".eml");
    if (rename_to(file)) {
      temporary_.clear();
      require_synced(directory_);
      return file;
    }
  }
}

/// False when `file` is there already.
bool IncomingFile::rename_to(const std::filesystem::path& file) const {
  if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, file.c_str(), RENAME_NOREPLACE) == 0) {
    return true;
  }
  if (errno == EINVAL && !std::filesystem::exists(file)) {  // a file system that cannot refuse to replace
    std::filesystem::rename(temporary_, file);
    return true;
  }
  if (errno != EEXIST && errno != EINVAL) {
    fail("save", file, errno);
  }
  return false;
}

Received::Received(const ShowOptions& options) : options_(options) {
  if (!options.save.empty()) {
    std::filesystem::create_directories(options.save);
  }
}

void Received::take(std::string_view chunk) {
  size_ += chunk.size();
  if (options_.save.empty()) {
    text_ += chunk;
    return;
  }
  if (!file_) {
    file_.emplace(options_.save);
  }
  file_->append(chunk);
  text_ += chunk.substr(0, beginning - std::min(beginning, text_.size()));
}

void Received::end(const char* kind, std::uint64_t number, const std::string& name) {
  take({});
  const std::string file = file_ ? file_->keep_as(name).string() : "";
  if (options_.json) {
    print_json(kind, number, file);
  } else if (!file.empty()) {
    std::cout << file << '\n' << std::flush;
  } else {
    if (options_.titles) {
      std::cout << "== " << number << " (" << size_ << " octets)\n";
    }
    std::cout << mime::print_tree(mime::Message::view(text_)) << std::flush;
  }
  file_.reset();
  text_ = {};
  size_ = 0;
}

void Received::print_json(const char* kind, std::uint64_t number, const std::string& file) const {
  const mime::Message message = mime::Message::view(text_);
  boost::json::object line{{kind, number},
                           {"size", size_},
                           {"from", addresses(message.from())},
                           {"to", addresses(message.to())},
                           {"subject", message.subject()},
                           {"message-id", message.message_id()}};
  if (!file.empty()) {
    line["file"] = file;
  }
  std::cout << boost::json::serialize(line) << '\n' << std::flush;
}

}  // namespace posthouse::app
