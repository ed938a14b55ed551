#include "posthouse/sieve/language/names.h"

#include <gtest/gtest.h>

namespace posthouse::sieve {
namespace {

TEST(Names, OneAddressIsTakenFromWhatAPersonWrites) {
  EXPECT_EQ(outgoing_address("ann@one.test"), "ann@one.test");
  EXPECT_EQ(outgoing_address(" ann  @ one.test "), "ann@one.test");
  EXPECT_EQ(outgoing_address("Ann Lee<ann@one.test>"), "ann@one.test");
  EXPECT_EQ(outgoing_address("\"ann\"@one.test"), "ann@one.test");
  EXPECT_EQ(outgoing_address("\"a[n]n\"@one.test"), "\"a[n]n\"@one.test");
  EXPECT_EQ(outgoing_address("ann@bücher.test"), "ann@xn--bcher-kva.test");
  for (const char* dots : {".ann@one.test", "ann.@one.test", "a..n@one.test", "..a...n..@one.test"}) {
    EXPECT_TRUE(outgoing_address(dots)) << dots;
  }
}

TEST(Names, WhatIsNoAddressIsNotTaken) {
  for (const char* text : {"@one.test", "ann", "ann@", "Ann Lee ann@one.test", "Ann Lee <ann@one.test",
                           " a b @  one.test  ", "@", "<>", "Ann <", "Ann <ann", "Ann <ann@",
                           "ann@one.test,bob@two.test", "ann@one.test,%&^&!!~", "rüdiger@one.test", ""}) {
    EXPECT_EQ(outgoing_address(text), std::nullopt) << text;
  }
}

TEST(Names, FieldsScriptsMailboxes) {
  EXPECT_TRUE(is_field_name("X-Spam"));
  EXPECT_FALSE(is_field_name("X Spam"));
  EXPECT_FALSE(is_field_name("X-Spam:"));
  EXPECT_TRUE(is_script_name("Urlaub im März"));
  EXPECT_FALSE(is_script_name("../passwd"));
  EXPECT_FALSE(is_script_name("a\xE2\x80\xA8z"));
  EXPECT_FALSE(is_script_name("a\xC2\x85z"));
  EXPECT_FALSE(is_mailbox_name("\xFF"));
  EXPECT_TRUE(is_special_use("\\Junk"));
  EXPECT_FALSE(is_special_use("Junk"));
  EXPECT_TRUE(is_annotation("/private/comment"));
  EXPECT_FALSE(is_annotation("/other/comment"));
}

}  // namespace
}  // namespace posthouse::sieve
