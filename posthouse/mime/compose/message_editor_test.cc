#include "posthouse/mime/compose/message_editor.h"

#include <functional>

#include <gtest/gtest.h>

#include "posthouse/mime/compose/compose_testing.h"
#include "posthouse/mime/error.h"
#include "posthouse/mime/tree/message.h"

namespace posthouse::mime {
namespace {

constexpr std::string_view odd_letter =
    "Received: by a\r\n\tfor b\r\nsubject :  odd  \r\n:nameless\r\nTO:bob@two.test\r\nSubject: second\r\n"
    "X-Raw: \xff\r\n\r\nbody\nwith\rodd ends";

std::string code_of_change(std::string_view name, std::string_view value) {
  MessageEditor editor{std::string(odd_letter)};
  for (const auto change : {&MessageEditor::set, &MessageEditor::prepend, &MessageEditor::append}) {
    try {
      (editor.*change)(name, value);
      return "";
    } catch (const Error& error) {
      EXPECT_EQ(editor.str(), odd_letter);
      if (change == &MessageEditor::append) {
        return error.code();
      }
    }
  }
  return "";
}

TEST(MessageEditor, UnchangedComesBackByteForByte) {
  for (const std::string_view bytes :
       {std::string_view(), odd_letter, std::string_view("From a Mon Jan  1 00:00:00 2024\nA: b\n\nc"),
        std::string_view("no header at all"), std::string_view(" folded\r\n\r\nbody"), std::string_view("A: b"),
        std::string_view("\r\n\r\n"), std::string_view("A\0: b\r\n\0", 9), std::string_view(": x\n: y\n z\n\nb")}) {
    EXPECT_EQ(MessageEditor{std::string(bytes)}.str(), bytes);
  }
}

TEST(MessageEditor, ReplacesInPlace) {
  EXPECT_EQ(edited(odd_letter, [](MessageEditor& e) { e.set("Subject", "new"); }),
            "Received: by a\r\n\tfor b\r\nSubject: new\r\n:nameless\r\nTO:bob@two.test\r\nX-Raw: \xff\r\n\r\n"
            "body\nwith\rodd ends");
}

TEST(MessageEditor, AddsAboveAndBelow) {
  const std::string bytes = edited("From x\nA: b\n\nbody", [](MessageEditor& e) {
    e.prepend("Received", "by c").append("X-Note", "你好").prepend_raw("DKIM-Signature: v=1;\r\n\tb=abc=");
  });
  EXPECT_EQ(bytes,
            "From x\nDKIM-Signature: v=1;\n\tb=abc=\nReceived: by c\nA: b\nX-Note: =?utf-8?B?5L2g5aW9?=\n\nbody");
}

TEST(MessageEditor, AByteOrderMarkStaysInFront) {
  MessageEditor editor(
      "\xEF\xBB\xBF"
      "From: a@b.test\r\n\r\nbody");
  EXPECT_EQ(editor.prepend("X-New", "1").str(), "\xEF\xBB\xBFX-New: 1\r\nFrom: a@b.test\r\n\r\nbody");
  EXPECT_EQ(Message::parse(editor.str()).headers().size(), 2U);
}

TEST(MessageEditor, RemovesEveryFieldOfThatName) {
  MessageEditor editor{std::string(odd_letter)};
  EXPECT_EQ(editor.count("SUBJECT"), 2U);
  editor.remove("SUBJECT").remove("").remove("Nothing");
  EXPECT_EQ(editor.count("SUBJECT"), 0U);
  EXPECT_EQ(editor.str(),
            "Received: by a\r\n\tfor b\r\n:nameless\r\nTO:bob@two.test\r\nX-Raw: \xff\r\n\r\nbody\nwith\rodd ends");
}

TEST(MessageEditor, AddressesAndIdsAreWrittenAsSuch) {
  const std::string bytes = edited("A: b\r\n\r\n", [](MessageEditor& e) {
    e.set("To", "张三 <ann@one.test>, bob@two.test").set("References", "<a@b> <c@d>").set("Message-ID", "<e@f>");
  });
  EXPECT_EQ(bytes,
            "A: b\r\nTo: =?utf-8?B?5byg5LiJ?= <ann@one.test>, bob@two.test\r\nReferences: <a@b> <c@d>\r\n"
            "Message-ID: <e@f>\r\n\r\n");
}

TEST(MessageEditor, WhatIsAddedRunsIntoNothing) {
  const auto add = [](MessageEditor& e) { e.append("A", "b"); };
  EXPECT_EQ(edited("", add), "A: b\r\n");
  EXPECT_EQ(edited("just a body", add), "A: b\r\n\r\njust a body");
  EXPECT_EQ(edited("X: y", add), "X: y\r\nA: b\r\n");
  EXPECT_EQ(edited("From x", add), "From x\r\nA: b\r\n");
  EXPECT_EQ(edited(" folded\r\n\r\nbody", add), " folded\r\nA: b\r\n\r\nbody");
  EXPECT_EQ(edited("\r\nbody", add), "A: b\r\n\r\nbody");
  EXPECT_EQ(edited("\r\r", add), "A: b\r\n\r\r");
  EXPECT_EQ(edited("X: y\r\n\r\r\nbody", add), "X: y\r\nA: b\r\n\r\r\nbody");
}

TEST(MessageEditor, RefusesInjection) {
  EXPECT_EQ(code_of_change("Subject", "a\r\nBcc: x@y.test"), "mime.header_injection");
  EXPECT_EQ(code_of_change("Subject", "a\nb"), "mime.header_injection");
  EXPECT_EQ(code_of_change("To", "a@b.test\rc"), "mime.header_injection");
  EXPECT_EQ(code_of_change("Subject", std::string_view("a\0b", 3)), "mime.header_injection");
  EXPECT_EQ(code_of_change("Subject", "\xff"), "mime.charset");
  EXPECT_EQ(code_of_change("To", "nobody"), "mime.address");
  EXPECT_EQ(code_of_change("References", "none"), "mime.header");
  EXPECT_EQ(code_of_change("Content-Type", "text/plain; x=é"), "mime.header");
  for (const std::string_view name : {"", "A b", "A:", "A\r\nB", "é"}) {
    EXPECT_EQ(code_of_change(name, "x"), "mime.header");
  }
  for (const std::string_view raw :
       {"", "no field", "A: b\r\nB: c", "A: b\r\n\r\n", "A: b\r\n\r\nbody", " folded", "A : b", ": x"}) {
    MessageEditor editor{std::string(odd_letter)};
    EXPECT_THROW(editor.prepend_raw(raw), Error) << raw;
    EXPECT_EQ(editor.str(), odd_letter);
  }
}

TEST(MessageEditor, ManyFieldsAreAllSeen) {
  std::string bytes;
  for (int i = 0; i < 20'000; ++i) {
    bytes += "X-Spam: " + std::to_string(i) + "\r\n";
  }
  EXPECT_EQ(edited(bytes + "\r\nbody", [](MessageEditor& e) { e.remove("x-spam"); }), "\r\nbody");
}

}  // namespace
}  // namespace posthouse::mime
