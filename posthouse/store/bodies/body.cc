#include "posthouse/store/bodies/body.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "posthouse/base/digest.h"
#include "posthouse/base/file.h"
#include "posthouse/fiber/random.h"
#include "posthouse/fiber/run.h"
#include "posthouse/store/bodies/bodies.h"
#include "posthouse/store/error.h"

namespace posthouse::store {

namespace fs = std::filesystem;

// What is written at once: enough that a body that comes in small pieces does not pay a thread switch for each; less
// where the threshold is smaller.
constexpr std::size_t write_size = 256 * 1024;

const std::string& StoredBody::file_name() const noexcept {
  static const std::string none;
  return file_ == nullptr ? none : file_->name();
}

/// A body that has outgrown the threshold.
struct BodyWriter::Spill {
  explicit Spill(const BodyFolder& folder) : name(fiber::random_hex(16)), path(folder.temporary() / name) {
    name.insert(2, 1, '/');
  }
  Spill(const Spill&) = delete;
  Spill& operator=(const Spill&) = delete;
  ~Spill() {
    if (file) {
      ::unlink(path.c_str());
    }
  }

  /// Blocks.
  void write(std::string_view octets) {
    if (!file) {
      file = FileDescriptor::open(path, O_WRONLY | O_CREAT | O_EXCL);
      if (!file) {
        throw_file_error("cannot make", path, errno);
      }
    }
    hash.update(octets);
    if (const int error = write_all(file.get(), octets)) {
      throw_file_error("cannot write", path, error);
    }
  }

  std::string name;  // "ab/cdef…"
  fs::path path;
  FileDescriptor file;
  Sha256 hash;
};

BodyWriter::BodyWriter(BodyFolder& folder, std::size_t threshold) : folder_(&folder), threshold_(threshold) {}
BodyWriter::BodyWriter(BodyWriter&&) noexcept = default;
BodyWriter& BodyWriter::operator=(BodyWriter&&) noexcept = default;
BodyWriter::~BodyWriter() = default;

void BodyWriter::append(std::string_view chunk) {
  buffer_.append(chunk);
  size_ += chunk.size();
  if (size_ > threshold_ && buffer_.size() >= std::min(write_size, threshold_ + 1)) {
    spill();
  }
}

void BodyWriter::spill() {
  fiber::blocking([&] {
    if (!spill_) {
      spill_ = std::make_unique<Spill>(*folder_);
    }
    spill_->write(buffer_);
  });
  buffer_.clear();
}

StoredBody BodyWriter::finish() {
  StoredBody body;
  body.size_ = size_;
  if (size_ <= threshold_) {
    body.sha256_ = sha256(buffer_);
    body.bytes_ = std::move(buffer_);
    return body;
  }
  fiber::blocking([&] {
    if (!spill_) {
      spill_ = std::make_unique<Spill>(*folder_);
    }
    Spill& spill = *spill_;
    spill.write(buffer_);
    if (::fsync(spill.file.get()) != 0) {
      throw_file_error("cannot sync", spill.path, errno);
    }
    folder_->place(spill.path, spill.name);
    body.file_ = std::make_shared<BodyFile>(*folder_, spill.name);
    (void)spill.file.close();  // synced: nothing is left that could fail; and the destructor has nothing to unlink
    body.sha256_ = spill.hash.finish();
  });
  return body;
}

}  // namespace posthouse::store
