#pragma once
// A SQLite VFS that fails on command and remembers what a power cut would leave. For tests only.
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace posthouse::store {

/// What goes wrong, and when. Operations are writes, syncs and truncations of the database and its log, counted from 1.
struct FaultPlan {
  enum class Kind { none, io_error, full, torn_write };
  Kind kind = Kind::none;
  std::uint64_t at = 0;       ///< the operation that fails
  bool from_then_on = false;  ///< and all after it
};

/// The VFS "faulty", over the default one. One for the whole program.
class FaultVfs {
 public:
  static FaultVfs& instance();

  /// Forgets the files known, counts from 0 and follows `plan`.
  void start(const FaultPlan& plan);
  /// Everything works from now on.
  void heal();
  std::uint64_t operations() const;
  bool failed() const;  ///< at least one operation was failed

  /// Writes to `folder` what is on the disk after a power cut: synced octets, and of the writes since the last sync of
  /// each file those for which `keep` says yes.
  void power_cut(const std::string& folder, const std::function<bool()>& keep) const;

  // For the VFS methods.
  struct Write {
    std::int64_t offset;
    std::string octets;  // empty: truncation to `offset`
    bool truncation;
  };
  struct Image {
    std::string synced;
    std::vector<Write> pending;
  };
  /// What to do with the next operation.
  FaultPlan::Kind next();
  void wrote(const std::string& file, Write write);
  void synced(const std::string& file);
  void adopt(const std::string& file, std::string content);
  void removed(const std::string& file);

 private:
  FaultVfs();
  mutable std::mutex mutex_;
  FaultPlan plan_;
  std::uint64_t operations_ = 0;
  bool failed_ = false;
  std::map<std::string, Image> images_;
};

}  // namespace posthouse::store
