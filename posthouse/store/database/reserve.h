#pragma once
// Room on the disk that is kept for making room. Private to this module.
#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace posthouse::store {

/// The file <data>/reserve: deleting takes space before it gives any (SQLite writes every changed page to its log), so on
/// a full disk it would not work. Safe to use from any thread and from several processes.
class Reserve {
 public:
  /// `size` in octets; 0: there is none.
  Reserve(const std::filesystem::path& data_dir, std::size_t size) : file_(data_dir / "reserve"), size_(size) {}

  /// Takes the room where it is not taken and the disk has plenty. Failures are of no consequence.
  void make() const noexcept;
  /// Whether there is next to no room.
  bool full_disk() const noexcept;
  /// Gives it back to the disk. True when there is room now to go on with.
  bool give_back() const noexcept;

 private:
  const std::filesystem::path file_;
  const std::size_t size_;
};

/// Octets that are free on the disk of `path` for us; none when that cannot be found out.
std::uint64_t free_octets(const std::filesystem::path& path) noexcept;

}  // namespace posthouse::store
