#pragma once
// Hashes a body in one of its canonical forms. Private to this module.
//
// The canonical form is never put together: long runs of octets that stay as they are go to the digest where they lie.
//
// Invariants, between two calls.
//  1. What has been written to the digest is the canonical form of all octets so far, but for what is held back: empty
//     lines (empty_lines_), then white space (blank_), then a CR (carriage_return_). Which of them belong to the form
//     the octets that follow tell.
//  2. line_begins_ is true when the last octet of the body that is no white space held back was that of a line end, or
//     there was none.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/base/digest.h"
#include "posthouse/mailauth/wire/canonicalization.h"

namespace posthouse::mailauth {

/// One canonical form of one body: its SHA-256 digests, of all of it and of beginnings of it. Constant memory.
class BodyHash {
 public:
  explicit BodyHash(Canonicalization form) noexcept : form_(form) {}

  /// Asks for the digest of the first `length` octets. Before the first add().
  void want(std::uint64_t length);
  /// The next octets of the body.
  void add(std::string_view octets);
  /// The body ends.
  void finish();

  /// Octets of the canonical form. After finish().
  std::uint64_t size() const noexcept { return size_; }
  /// The digest of all, or of the first `length` octets; empty when there are not so many, or nobody asked. After
  /// finish().
  std::string digest(std::optional<std::uint64_t> length) const;

 private:
  struct Beginning {
    std::uint64_t length = 0;
    std::string digest{};
  };

  void add_portion(std::string_view octets);
  void end_line();
  void put(std::string_view octets, bool ends_line);
  void write(std::string_view octets);
  void write_through(std::string_view octets);
  void hash(std::string_view octets);

  const Canonicalization form_;
  std::vector<Beginning> beginnings_{};  // by length
  std::size_t next_ = 0;                 // of beginnings_, the first without a digest
  std::uint64_t empty_lines_ = 0;
  bool blank_ = false;
  bool carriage_return_ = false;
  bool line_begins_ = true;
  std::array<char, 4096> buffer_;  // short runs, which would cost the digest more one by one
  std::size_t buffered_ = 0;
  Sha256 digest_{};
  std::uint64_t size_ = 0;
  std::string all_{};
};

}  // namespace posthouse::mailauth
