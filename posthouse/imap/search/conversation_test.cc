#include "posthouse/imap/search/conversation.h"

#include <random>

#include <gtest/gtest.h>

namespace posthouse::imap {
namespace {

TEST(Ancestors, KnowTheRootsOfTreesThatChange) {
  std::mt19937 random(3);
  constexpr std::uint32_t count = 60, none = 0xFFFFFFFF;
  Ancestors ancestors;
  std::vector<std::uint32_t> parents(count, none);
  for (std::uint32_t i = 0; i < count; ++i) {
    ancestors.add();
  }
  const auto root = [&](std::uint32_t node) {
    while (parents[node] != none) {
      node = parents[node];
    }
    return node;
  };
  int links = 0, cuts = 0;
  for (int round = 0; round < 20'000; ++round) {
    const auto child = static_cast<std::uint32_t>(random() % count),
               parent = static_cast<std::uint32_t>(random() % count);
    ASSERT_EQ(ancestors.root(parent), root(parent));
    if (parents[child] != none) {
      if (random() % 4 == 0) {
        ancestors.cut(child);
        parents[child] = none;
        ++cuts;
      }
    } else if (root(parent) != child) {
      ancestors.link(child, parent);
      parents[child] = parent;
      ++links;
    }
  }
  EXPECT_GT(links, 500);
  EXPECT_GT(cuts, 500);
}

TEST(Ancestors, AreQuickInDeepTrees) {
  constexpr std::uint32_t count = 200'000;
  Ancestors ancestors;
  ancestors.add();
  for (std::uint32_t i = 1; i < count; ++i) {
    ancestors.add();
    ancestors.link(i - 1, i);  // each new one over all before
    ASSERT_EQ(ancestors.root(0), i);
  }
  for (std::uint32_t i = 0; i < count; i += 2) {
    ASSERT_EQ(ancestors.root(i), count - 1);
  }
}

std::string text_of(const response::Thread& thread) {
  std::string out;
  for (const auto& node : thread.nodes) {
    out += std::string(node.depth, '.') + std::to_string(node.number) + ' ';
  }
  return out;
}

TEST(Conversations, CloseNoCircles) {
  Conversations all;
  all.add({.number = 1}, "a", {"a"});
  all.add({.number = 2}, "b", {"c", "a", "b"});
  all.add({.number = 3}, "c", {"b"});
  // a went under c, b under a; then b may not go under itself, and is without a parent; c goes under it.
  EXPECT_EQ(text_of(all.run(false, false)), "2 .3 ..1 ");
}

// Chains in both directions, and messages that refer to 1,000 others.
TEST(Conversations, AreLinkedInGoodTime) {
  constexpr std::uint32_t count = 100'000;
  Conversations forward, backward;
  const auto id = [](std::uint32_t i) { return std::to_string(i); };
  for (std::uint32_t i = 1; i <= count; ++i) {
    forward.add({.number = i}, id(i), {id(i - 1)});
    backward.add({.number = i}, id(count - i), {id(count - i + 1)});
  }
  for (Conversations* all : {&forward, &backward}) {
    const auto thread = all->run(true, false);
    ASSERT_EQ(thread.nodes.size(), count);
    EXPECT_EQ(thread.nodes.back().depth, count - 1);
  }
  Conversations wide;
  std::vector<std::string> references;
  for (std::uint32_t i = 0; i < 1'000; ++i) {
    references.push_back(id(i));
  }
  for (std::uint32_t i = 0; i < 300; ++i) {
    wide.add({.number = i + 1}, "", references);
  }
  EXPECT_EQ(wide.run(true, false).nodes.size(), 301U);  // the dummies between are gone
}

TEST(Conversations, LoseDummiesInGoodTime) {
  Conversations all;
  // Each of a chain of dummies has a message of its own.
  constexpr std::uint32_t count = 50'000;
  for (std::uint32_t i = 0; i < count; ++i) {
    all.add({.number = i + 1}, "", {"d" + std::to_string(i), "d" + std::to_string(i + 1)});
  }
  const auto thread = all.run(false, true);
  ASSERT_EQ(thread.nodes.size(), count + 1);
  EXPECT_EQ(thread.nodes.front(), (response::ThreadNode{0, 0}));
}

}  // namespace
}  // namespace posthouse::imap
