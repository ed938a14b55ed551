#include "posthouse/imap/search/ancestors.h"

namespace posthouse::imap {

bool Ancestors::is_top(std::uint32_t node) const noexcept {
  const std::uint32_t up = nodes_[node].up;
  return up == none || (nodes_[up].above != node && nodes_[up].below != node);
}

// Moves a node over the one above it in its splay tree.
void Ancestors::rotate(std::uint32_t node) noexcept {
  const std::uint32_t parent = nodes_[node].up;
  const std::uint32_t grand = nodes_[parent].up;
  if (!is_top(parent)) {
    (nodes_[grand].above == parent ? nodes_[grand].above : nodes_[grand].below) = node;
  }
  const bool left = nodes_[parent].above == node;
  std::uint32_t& inner = left ? nodes_[node].below : nodes_[node].above;
  (left ? nodes_[parent].above : nodes_[parent].below) = inner;
  if (inner != none) {
    nodes_[inner].up = parent;
  }
  inner = parent;
  nodes_[parent].up = node;
  nodes_[node].up = grand;
}

void Ancestors::splay(std::uint32_t node) noexcept {
  while (!is_top(node)) {
    const std::uint32_t parent = nodes_[node].up;
    if (!is_top(parent)) {
      const std::uint32_t grand = nodes_[parent].up;
      const bool straight = (nodes_[grand].above == parent) == (nodes_[parent].above == node);
      rotate(straight ? parent : node);
    }
    rotate(node);
  }
}

// Makes the path from the root to `node` one splay tree with `node` on top and nothing below it.
void Ancestors::access(std::uint32_t node) noexcept {
  std::uint32_t last = none;
  for (std::uint32_t at = node; at != none; at = nodes_[at].up) {
    splay(at);
    nodes_[at].below = last;
    last = at;
  }
  splay(node);
}

void Ancestors::link(std::uint32_t child, std::uint32_t parent) {
  access(child);
  nodes_[child].up = parent;
}

void Ancestors::cut(std::uint32_t child) {
  access(child);
  const std::uint32_t above = nodes_[child].above;
  nodes_[above].up = none;
  nodes_[child].above = none;
}

std::uint32_t Ancestors::root(std::uint32_t node) {
  access(node);
  std::uint32_t root = node;
  while (nodes_[root].above != none) {
    root = nodes_[root].above;
  }
  splay(root);
  return root;
}

}  // namespace posthouse::imap
