#pragma once
// What the tests of building share.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "posthouse/mime/compose/message_builder.h"
#include "posthouse/mime/compose/message_editor.h"
#include "posthouse/mime/testing/code_of.h"
#include "posthouse/mime/tree/message.h"

namespace posthouse::mime {

/// A clock that stands still and numbers that are the same in every run.
inline BuildOptions fixed(BuildOptions options = {}) {
  options.now = [] { return *parse_date("Sat, 31 Jan 2026 23:59:59 +0800"); };
  options.random = [n = std::uint64_t{1}]() mutable { return n++ * 0x9E3779B97F4A7C15U; };
  return options;
}

inline MessageBuilder letter(BuildOptions options = {}) {
  return MessageBuilder(fixed(std::move(options))).from("张三", "ann@one.test").to("bob@two.test").subject("你好");
}

/// What SMTP and RFC 5322 ask of every message.
inline void expect_strict(const std::string& bytes) {
  std::size_t line = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    ASSERT_NE(bytes[i], '\0');
    const bool bare_lf = bytes[i] == '\n' && (i == 0 || bytes[i - 1] != '\r');
    const bool bare_cr = bytes[i] == '\r' && (i + 1 == bytes.size() || bytes[i + 1] != '\n');
    ASSERT_FALSE(bare_lf || bare_cr) << i;
    if (bytes[i] == '\n') {
      line = 0;
    } else {
      ASSERT_LE(++line, 999U);
    }
  }
  EXPECT_TRUE(bytes.ends_with("\r\n"));
  const Message message = Message::view(bytes);
  for (const Defect& defect : message.all_defects()) {
    ADD_FAILURE() << code_name(defect.code) << " at " << defect.offset;
  }
}

/// "path:type " of every part.
inline std::string types(const std::string& bytes) {
  std::string out;
  const Message message = Message::parse(bytes);
  for (const Part part : message.walk()) {
    out += part.path() + ":" + part.type() + " ";
  }
  return out;
}

/// `bytes` after `change`.
inline std::string edited(std::string_view bytes, const std::function<void(MessageEditor&)>& change) {
  MessageEditor editor{std::string(bytes)};
  change(editor);
  return editor.str();
}

}  // namespace posthouse::mime
