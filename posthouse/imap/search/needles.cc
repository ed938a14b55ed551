#include "posthouse/imap/search/needles.h"

#include <algorithm>

#include "posthouse/base/text.h"

namespace posthouse::imap {
namespace {

std::uint64_t key_of(std::uint32_t node, unsigned char octet) noexcept {
  return std::uint64_t{node} << 8 | octet;
}

std::size_t slot_of(std::uint64_t key, std::size_t slots) noexcept {
  return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15U) >> 20) & (slots - 1);
}

unsigned char octet_of(char c) noexcept {
  return static_cast<unsigned char>(is_space(c) ? ' ' : c);
}

}  // namespace

std::uint32_t Needles::child(std::uint32_t node, unsigned char octet) const noexcept {
  if (node == 0) {
    return roots_[octet];
  }
  const std::uint64_t key = key_of(node, octet);
  for (std::size_t slot = slot_of(key, edges_.size());; slot = (slot + 1) & (edges_.size() - 1)) {
    const Edge& edge = edges_[slot];
    if (edge.to == 0 || edge.key == key) {
      return edge.to;
    }
  }
}

void Needles::insert(std::uint64_t key, std::uint32_t to) {
  std::size_t slot = slot_of(key, edges_.size());
  while (edges_[slot].to != 0) {
    slot = (slot + 1) & (edges_.size() - 1);
  }
  edges_[slot] = {key, to};
}

std::uint32_t Needles::add_child(std::uint32_t node, unsigned char octet) {
  const auto made = static_cast<std::uint32_t>(nodes_.size());
  nodes_.push_back({.blank = octet == ' '});
  if (node == 0) {
    roots_[octet] = made;
    return made;
  }
  if (nodes_.size() * 2 > edges_.size()) {
    std::vector<Edge> before(edges_.size() * 2);
    before.swap(edges_);
    for (const Edge& edge : before) {
      if (edge.to != 0) {
        insert(edge.key, edge.to);
      }
    }
  }
  insert(key_of(node, octet), made);
  return made;
}

std::size_t Needles::add(std::string_view text) {
  std::uint32_t at = 0;
  for (const char c : text) {
    const unsigned char octet = octet_of(c);
    if (octet == ' ' && nodes_[at].blank) {
      continue;
    }
    const std::uint32_t next = child(at, octet);
    at = next != 0 ? next : add_child(at, octet);
  }
  if (nodes_[at].needle == none) {
    nodes_[at].needle = static_cast<std::uint32_t>(count_++);
  }
  return nodes_[at].needle;
}

// A node's fallback is nearer to the root, so nodes are visited level by level.
void Needles::finish() {
  struct Link {
    std::uint32_t from;
    std::uint32_t to;
    unsigned char octet;
  };
  std::vector<Link> links;  // by the node they come from, but for the root's
  for (const Edge& edge : edges_) {
    if (edge.to != 0) {
      links.push_back({static_cast<std::uint32_t>(edge.key >> 8), edge.to, static_cast<unsigned char>(edge.key)});
    }
  }
  std::sort(links.begin(), links.end(), [](const Link& a, const Link& b) { return a.from < b.from; });
  std::vector<std::uint32_t> level;
  for (const std::uint32_t root : roots_) {
    if (root != 0) {
      level.push_back(root);
    }
  }
  for (std::size_t i = 0; i < level.size(); ++i) {
    const std::uint32_t node = level[i];
    const std::uint32_t fallback = nodes_[node].fallback;
    nodes_[node].shorter = nodes_[fallback].needle != none ? fallback : nodes_[fallback].shorter;
    auto link =
        std::lower_bound(links.begin(), links.end(), node, [](const Link& a, std::uint32_t b) { return a.from < b; });
    for (; link != links.end() && link->from == node; ++link) {
      std::uint32_t back = fallback;
      while (back != 0 && child(back, link->octet) == 0) {
        back = nodes_[back].fallback;
      }
      nodes_[link->to].fallback = child(back, link->octet);
      level.push_back(link->to);
    }
  }
}

// Where a needle was found before, so were all that end in it.
void NeedleScan::report(std::uint32_t node) noexcept {
  if (needles_.nodes_[node].needle == Needles::none) {
    node = needles_.nodes_[node].shorter;
  }
  while (node != Needles::none && found_[needles_.nodes_[node].needle] == 0) {
    found_[needles_.nodes_[node].needle] = 1;
    ++found_count_;
    node = needles_.nodes_[node].shorter;
  }
}

void NeedleScan::feed(std::string_view text) {
  const Needles& all = needles_;
  std::uint32_t node = at_;
  for (const char c : text) {
    const unsigned char octet = octet_of(c);
    if (node == 0) {
      node = all.roots_[octet];
      if (node == 0) {
        continue;
      }
    } else {
      if (octet == ' ' && all.nodes_[node].blank) {
        continue;
      }
      ++steps_;
      std::uint32_t next = all.child(node, octet);
      while (next == 0 && node != 0) {
        ++steps_;
        node = all.nodes_[node].fallback;
        next = all.child(node, octet);
      }
      node = next;
    }
    const Needles::Node& here = all.nodes_[node];
    if (node != 0 && (here.needle != Needles::none || here.shorter != Needles::none)) {
      report(node);
    }
  }
  at_ = node;
}

void NeedleScan::reset() {
  std::fill(found_.begin(), found_.end(), static_cast<unsigned char>(0));
  found_count_ = 0;
  at_ = 0;
}

}  // namespace posthouse::imap
