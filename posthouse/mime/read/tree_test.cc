#include "posthouse/mime/read/tree.h"

#include <gtest/gtest.h>

namespace posthouse::mime {
namespace {

constexpr std::string_view letter =
    "From: =?utf-8?B?5byg5LiJ?= <ann@one.test>\n"
    "To: bob@two.test (Bob)\n"
    "Date: Sat, 31 Jan 2026 23:59:59 +0800\n"
    "Subject: =?utf-8?B?5L2g5aW9?=\n"
    "Content-Type: multipart/mixed; boundary=b\n"
    "\n"
    "--b\n"
    "Content-Type: text/plain; charset=gb2312\n"
    "\n"
    "\xC4\xE3\xBA\xC3\n\nend\n"
    "--b\n"
    "Content-Type: image/png\n"
    "Content-Disposition: attachment; filename=\"a.png\"\n"
    "Content-Transfer-Encoding: base64\n"
    "\n"
    "AAAA\n"
    "--b\n"
    "Content-Type: message/rfc822\n"
    "\n"
    "Subject: inside\n"
    "\n"
    "x\n"
    "--b--\n";

TEST(Tree, ShowsHeadersAndParts) {
  EXPECT_EQ(print_tree(Message::view(letter)),
            "From: 张三 <ann@one.test>\n"
            "To: bob@two.test (Bob)\n"
            "Date: Sat, 31 Jan 2026 23:59:59 +0800\n"
            "Subject: 你好\n"
            "\n"
            "multipart/mixed\n"
            "  text/plain; charset=gb2312\n"
            "    | 你好\n"
            "    |\n"
            "    | end\n"
            "  image/png \"a.png\" attachment (3 octets)\n"
            "  message/rfc822\n"
            "    Subject: inside\n"
            "\n"
            "    text/plain\n"
            "      | x\n");
}

TEST(Tree, TextIsOptionalAndLimited) {
  EXPECT_EQ(print_tree(Message::view(letter), {.text = false}).find("| 你好"), std::string::npos);
  const std::string cut = print_tree(Message::view(letter), {.text_limit = 4});
  EXPECT_NE(cut.find("| 你\n    | … (8 octets more)\n"), std::string::npos) << cut;
}

TEST(Tree, FilesInsideAWinmailDat) {
  const std::string tree = print_tree(
      Message::parse("Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n"
                     "eJ8+IgEAAgKQBgAOAAAAAAAAAAAAAAAAAAAAAAAAAAIQgAEABgAAAGEudHh0AO8BAg+ABgAFAAAA\n"
                     "aGVsbG8UAgICkAYADgAAAAAAAAAAAAAAAAAAAAAAAAACEIABAAkAAAAuLi9iLmJpbgBUAgIPgAYA\n"
                     "AgAAAHh58QA=\n"));
  EXPECT_NE(tree.find("  + application/octet-stream \"a.txt\" (5 octets)\n"
                      "  + application/octet-stream \"../b.bin\" (2 octets)\n"),
            std::string::npos)
      << tree;
}

TEST(Tree, MessagesCannotPlayWithTheTerminal) {
  const std::string tree =
      print_tree(Message::parse("Subject: =?utf-8?q?=1B[31m=C2=9B=E2=80=AEevil=0Aline?=\n"
                                "Content-Type: text/plain; charset=\"\x1B[2J\"\n\n\x1B[31mred\a\n"));
  EXPECT_EQ(tree.find('\x1B'), std::string::npos);
  EXPECT_EQ(tree.find('\a'), std::string::npos);
  EXPECT_NE(tree.find("Subject: \\u{1B}[31m\\u{9B}\\u{202E}evil\\u{0A}line"), std::string::npos) << tree;
}

}  // namespace
}  // namespace posthouse::mime
