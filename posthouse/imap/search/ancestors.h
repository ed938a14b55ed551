#pragma once
// Trees that are joined and cut while one asks for roots. Private to the module.
#include <cstddef>
#include <cstdint>
#include <vector>

namespace posthouse::imap {

/// A forest whose parents change; the root of a node is found in amortized logarithmic time however deep it is (Sleator and
/// Tarjan: paths are kept in splay trees). Whoever links messages asks at each link whether it would close a circle, and
/// walking up would be quadratic in a long thread.
class Ancestors {
 public:
  /// A node of its own; nodes are counted from 0.
  void add() { nodes_.emplace_back(); }
  /// Makes `child`, which must be a root, a child of `parent`, which must not be below it.
  void link(std::uint32_t child, std::uint32_t parent);
  /// Makes a node that is no root one.
  void cut(std::uint32_t child);
  std::uint32_t root(std::uint32_t node);

 private:
  static constexpr std::uint32_t none = 0xFFFFFFFF;
  // A path of the forest is a splay tree in the order of depth. The top of it has the parent of the path's upper end.
  struct Node {
    std::uint32_t up = none;
    std::uint32_t above = none;  // the left child: nearer to the root
    std::uint32_t below = none;
  };
  bool is_top(std::uint32_t node) const noexcept;
  void rotate(std::uint32_t node) noexcept;
  void splay(std::uint32_t node) noexcept;
  void access(std::uint32_t node) noexcept;

  std::vector<Node> nodes_{};
};

}  // namespace posthouse::imap
