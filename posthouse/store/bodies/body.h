#pragma once
// Bodies on their way into the store: small ones in memory, large ones in a file.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace posthouse::store {

/// What a start has done with body files that no message names.
struct BodySweep {
  std::size_t set_aside =
      0;  ///< Files moved to `<data>/orphans`: left by a crash, or by a database older than they are.
  std::size_t restored = 0;  ///< Files moved back from there, since a message names them.
};

class BodyFolder;
class BodyFile;

/// A complete body, ready for add_message. Copies share it. When it is large and the last copy goes before a
/// transaction has taken it, its file is removed.
class StoredBody {
 public:
  /// Octets.
  std::uint64_t size() const noexcept { return size_; }
  /// 32 octets.
  const std::string& sha256() const noexcept { return sha256_; }
  /// True when the octets are in bytes(), false when they are in a file.
  bool in_memory() const noexcept { return file_ == nullptr; }
  /// The octets of a small body.
  const std::string& bytes() const noexcept { return bytes_; }
  /// The file of a large one, as the database names it: "ab/cdef…"; empty for a small one.
  const std::string& file_name() const noexcept;

 private:
  friend class BodyWriter;
  friend class Write;
  std::uint64_t size_ = 0;
  std::string sha256_;
  std::string bytes_;
  std::shared_ptr<BodyFile> file_;
};

/// Takes a body chunk by chunk. Holds at most the threshold plus one chunk in memory; what is larger goes to a file
/// under `<data>/tmp`. Destroyed before finish(): nothing is left of it. Must not outlive its Store.
///
///     store::BodyWriter body = store->new_body();
///     while (…) body.append(chunk);
///     const store::StoredBody stored = body.finish();
///     store->write([&](store::Write& write) { const auto id = store::add_message(write, stored); … });
class BodyWriter {
 public:
  BodyWriter(BodyFolder& folder, std::size_t threshold);
  BodyWriter(BodyWriter&&) noexcept;
  BodyWriter& operator=(BodyWriter&&) noexcept;
  ~BodyWriter();

  /// Adds octets. Throws store::Error body_file (retryable) when the file cannot be written, e.g. on a full disk; the
  /// body is lost then.
  void append(std::string_view chunk);
  /// Octets so far.
  std::uint64_t size() const noexcept { return size_; }
  /// Makes a large body durable: file synced, renamed to its place, folders synced. Throws as append(). Call once.
  StoredBody finish();

 private:
  struct Spill;
  void spill();
  BodyFolder* folder_;
  std::size_t threshold_;
  std::uint64_t size_ = 0;
  std::string buffer_;
  std::unique_ptr<Spill> spill_;
};

}  // namespace posthouse::store
