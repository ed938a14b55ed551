#include "posthouse/mime/tree/related.h"

#include <string>

#include <gtest/gtest.h>

namespace posthouse::mime {
namespace {

Message related(const std::string& start) {
  return Message::parse(
      "Content-Type: multipart/related; boundary=b" + start +
      "\n\n--b\nContent-ID: <a%b@x>\nContent-Type: image/png\n\nP\n--b\nContent-ID: <root@x>\n\ntext\n--b--\n");
}

TEST(Related, TheRootIsNamedOrFirst) {
  EXPECT_EQ(related_root(related("").root())->path(), "1");
  EXPECT_EQ(related_root(related("; start=\"<root@x>\"").root())->path(), "2");
  EXPECT_EQ(related_root(related("; start=root@x").root())->path(), "2");
  EXPECT_EQ(related_root(related("; start=\"<none@x>\"").root())->path(), "1");
  EXPECT_FALSE(related_root(Message::parse("x: y\n\n").root()));
}

TEST(Related, PartsByTheirId) {
  const Message message = related("");
  for (const char* id : {"root@x", "<root@x>", "cid:root@x", "CID:root%40x"}) {
    EXPECT_EQ(part_by_content_id(message, id)->path(), "2") << id;
  }
  EXPECT_EQ(part_by_content_id(message, "cid:a%25b@x")->path(), "1");
  EXPECT_EQ(part_by_content_id(message, "a%b@x")->path(), "1");
  for (const char* id : {"", "<>", "cid:", "none@x", "root%40x"}) {
    EXPECT_FALSE(part_by_content_id(message, id)) << id;
  }
}

}  // namespace
}  // namespace posthouse::mime
