#pragma once
// Many substrings looked for in one pass (Aho and Corasick). Private to the module.
//
// White space is one blank, however much of it there is: a phrase is found over the end of a line. Linear in the text,
// whatever the substrings; nothing is allocated while a text is looked through.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace posthouse::imap {

/// What is looked for. Texts are those of mime::casemapped().
class Needles {
 public:
  /// Returns the number of `text` (not empty); that of an earlier one where it is the same.
  std::size_t add(std::string_view text);
  /// All have been added.
  void finish();
  std::size_t count() const noexcept { return count_; }

 private:
  friend class NeedleScan;
  static constexpr std::uint32_t none = 0xFFFFFFFF;

  struct Node {
    std::uint32_t fallback = 0;    // where the longest beginning of a needle leads that ends here
    std::uint32_t needle = none;   // that ends here
    std::uint32_t shorter = none;  // the next node along the fallbacks with a needle
    bool blank = false;            // its last octet is one
  };
  // Of a node for an octet; open addressing.
  struct Edge {
    std::uint64_t key = 0;
    std::uint32_t to = 0;  // 0: the slot is free
  };

  std::uint32_t child(std::uint32_t node, unsigned char octet) const noexcept;
  std::uint32_t add_child(std::uint32_t node, unsigned char octet);
  void insert(std::uint64_t key, std::uint32_t to);

  std::vector<Node> nodes_ = std::vector<Node>(1);
  std::vector<Edge> edges_ = std::vector<Edge>(64);
  std::array<std::uint32_t, 256> roots_{};  // the root's children
  std::size_t count_ = 0;
};

/// Looks for needles in a text that comes in pieces, and remembers which it found. The needles must outlive it.
class NeedleScan {
 public:
  explicit NeedleScan(const Needles& needles) : needles_(needles), found_(needles.count()) {}

  /// A piece of the text; characters may be split.
  void feed(std::string_view text);
  /// What comes next is another text: no needle begins before it and ends in it.
  void cut() noexcept { at_ = 0; }
  bool found(std::size_t needle) const noexcept { return found_[needle] != 0; }
  bool found_all() const noexcept { return found_count_ == found_.size(); }
  /// Nothing has been found.
  void reset();
  /// Octets looked at more closely, and steps back from them: never more than twice the octets fed.
  std::uint64_t steps() const noexcept { return steps_; }

 private:
  void report(std::uint32_t node) noexcept;

  const Needles& needles_;
  std::vector<unsigned char> found_;
  std::size_t found_count_ = 0;
  std::uint32_t at_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace posthouse::imap
