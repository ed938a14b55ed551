#include "posthouse/imap/wire/text/flags.h"

#include <gtest/gtest.h>

namespace posthouse::imap {
namespace {

TEST(ImapFlags, AreASet) {
  Flags flags;
  EXPECT_TRUE(flags.empty());
  EXPECT_EQ(flags.to_string(), "");
  for (const char* name : {"$Forwarded", "\\seen", "\\*", "\\Deleted", "$forwarded", "NIL"}) {
    flags.add(name);
  }
  EXPECT_EQ(flags.to_string(), "\\Deleted \\Seen $Forwarded \\* NIL");
  EXPECT_TRUE(flags.has(SystemFlag::seen));
  EXPECT_TRUE(flags.has("\\SEEN"));
  EXPECT_TRUE(flags.has("$FORWARDED"));
  EXPECT_FALSE(flags.has(SystemFlag::draft));
  EXPECT_FALSE(flags.has("$Junk"));
  EXPECT_EQ(flags.others().size(), 3U);
}

}  // namespace
}  // namespace posthouse::imap
