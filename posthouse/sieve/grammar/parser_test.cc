#include "posthouse/sieve/grammar/parser.h"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::sieve {
namespace {

struct Read {
  Tree tree;
  Diagnostics diagnostics{100};
};

Read read(std::string_view text, const Limits& limits = {}) {
  Read read;
  read.diagnostics.begin_script("test");
  read.tree = parse(text, limits, read.diagnostics);
  return read;
}

TEST(Parser, NodesStandInTheOrderOfTheText) {
  const Read script = read("if anyof (not true, size :over 100K) { keep; } stop;");
  ASSERT_TRUE(script.diagnostics.errors().empty());
  ASSERT_EQ(script.tree.nodes.size(), 7U);
  const Node& condition = script.tree.nodes[0];
  EXPECT_EQ(condition.name, "if");
  EXPECT_EQ(condition.tests_end, 5U);
  EXPECT_EQ(condition.end, 6U);
  EXPECT_EQ(script.tree.nodes[1].name, "anyof");
  EXPECT_TRUE(script.tree.nodes[1].has_list);
  EXPECT_EQ(script.tree.nodes[4].arguments[1].number, 102'400U);
  EXPECT_EQ(script.tree.nodes[6].name, "stop");
}

TEST(Parser, Strings) {
  const Read script = read("a \"x\\\"y\\\\z\" text: # comment\n..one\ntwo\n.\n [\"1\", \"2\"] \"a\nb\";");
  ASSERT_TRUE(script.diagnostics.errors().empty());
  const auto& arguments = script.tree.nodes[0].arguments;
  ASSERT_EQ(arguments.size(), 4U);
  EXPECT_EQ(arguments[0].strings.front(), "x\"y\\z");
  EXPECT_EQ(arguments[1].strings.front(), ".one\r\ntwo\r\n");
  EXPECT_EQ(arguments[2].strings.size(), 2U);
  EXPECT_EQ(arguments[3].strings.front(), "a\r\nb");
}

TEST(Parser, ErrorsHaveTheirPlaceAndSeveralAreFound) {
  const Read script = read("keep\n}\n");
  ASSERT_EQ(script.diagnostics.errors().size(), 1U);
  EXPECT_EQ(to_string(script.diagnostics.errors()[0]),
            "test:2:1: expected the end of the command, ';', or the beginning of a block, '{', but found '}'");
  EXPECT_EQ(read("if true { keep } \n if true { stop, } keep;").diagnostics.errors().size(), 2U);
  EXPECT_EQ(read("keep; /* never").diagnostics.errors().front().text, "this comment has no end '*/'");
  EXPECT_EQ(read("keep \"never").diagnostics.errors().front().at, (Position{1, 6}));
}

TEST(Parser, NothingIsTooDeepForIt) {
  const std::string blocks(100'000, '{');
  const std::string lists(100'000, '(');
  std::string ifs;
  std::string nots = "if ";
  for (int i = 0; i < 50'000; ++i) {
    ifs += "if true {";
    nots += "not ";
  }
  for (const std::string& text : {blocks, "if " + lists, ifs, nots, "a [" + std::string(100'000, '['), "a " + blocks}) {
    EXPECT_FALSE(read(text).diagnostics.errors().empty());
  }
}

TEST(Parser, LimitsAreKept) {
  Limits limits;
  limits.nodes = 10;
  EXPECT_FALSE(read("keep;keep;keep;keep;keep;keep;keep;keep;keep;keep;keep;", limits).diagnostics.errors().empty());
  limits = {};
  limits.script_octets = 10;
  EXPECT_FALSE(read("keep; keep; keep;", limits).diagnostics.errors().empty());
  limits = {};
  limits.string_octets = 3;
  EXPECT_FALSE(read("a \"abcd\";", limits).diagnostics.errors().empty());
}

}  // namespace
}  // namespace posthouse::sieve
