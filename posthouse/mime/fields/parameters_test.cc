#include "posthouse/mime/fields/parameters.h"

#include <gtest/gtest.h>

#include "posthouse/mime/error.h"

namespace posthouse::mime {
namespace {

std::string value_of(std::string_view raw, std::string_view name) {
  return parse_parameters(raw).get(name);
}

TEST(Parameters, Plain) {
  const ParameterizedValue type =
      parse_parameters(" Text/Plain (comment) ; Charset=\"UTF-8\"; format=flowed (why)\r\n");
  EXPECT_EQ(type.value, "text/plain");
  EXPECT_EQ(type.parameters, (std::vector<Parameter>{{"charset", "UTF-8", ""}, {"format", "flowed", ""}}));
  EXPECT_EQ(type.find("nothing"), nullptr);
}

TEST(Parameters, QuotedStrings) {
  EXPECT_EQ(value_of("a; name=\"semi;colon \\\"quoted\\\" back\\\\slash\"", "name"),
            "semi;colon \"quoted\" back\\slash");
  EXPECT_EQ(value_of("a; name=\"fol\r\n ded\"", "name"), "fol ded");
  EXPECT_EQ(value_of("a; name=\"never closed; x=y", "name"), "never closed; x=y");
  EXPECT_EQ(value_of("a; name=\"\"; b=c", "name"), "");
  EXPECT_EQ(value_of("a; name=\"\"; b=c", "b"), "c");
  EXPECT_EQ(value_of("a; name=\"x\\", "name"), "x\\");
}

TEST(Parameters, WhatPeopleSend) {
  EXPECT_EQ(value_of("a/b; name=my holiday.png; size=3", "name"), "my holiday.png");
  EXPECT_EQ(value_of("a/b; name=photo (1).png", "name"), "photo (1).png");
  EXPECT_EQ(value_of("a/b; name=photo(1).png", "name"), "photo(1).png");
  EXPECT_EQ(value_of("text/plain; charset=utf-8 format=flowed", "charset"), "utf-8");
  EXPECT_EQ(value_of("text/plain; charset=utf-8 format=flowed", "format"), "flowed");
  EXPECT_EQ(parse_parameters("application/pdf name=\"a.pdf\"").value, "application/pdf");
  EXPECT_EQ(value_of("application/pdf name=\"a.pdf\"", "name"), "a.pdf");
  EXPECT_EQ(parse_parameters("attachment, filename=a.txt").value, "attachment");
  EXPECT_EQ(value_of("a/b; name=a.txt, x=y", "name"), "a.txt");
  EXPECT_EQ(value_of("a/b; name=a.txt, x=y", "x"), "y");
  EXPECT_EQ(value_of("a/b; name=a,b,", "name"), "a,b,");
  EXPECT_EQ(value_of("a/b;; ; x = y ;", "x"), "y");
  EXPECT_EQ(value_of("a/b; boundary=----=_Part_1", "boundary"), "----=_Part_1");
  EXPECT_EQ(value_of("a/b; name=\"=?utf-8?B?5L2g5aW9?=.png\"", "name"), "你好.png");
  EXPECT_EQ(value_of("a/b; name==?utf-8?B?5L2g5aW9?=", "name"), "你好");
  EXPECT_EQ(value_of("a/b; name=\"caf\xC3\xA9 \xE9\"", "name"), "café \uFFFD");
  EXPECT_EQ(parse_parameters("").value, "");
  EXPECT_EQ(parse_parameters(";").parameters.size(), 0U);
  EXPECT_EQ(parse_parameters("=;=;(").parameters.size(), 0U);
}

TEST(Parameters, Rfc2231) {
  EXPECT_EQ(value_of("message/external-body; URL*0=\"ftp://\"; URL*1=\"cs.utk.edu/pub\"", "url"),
            "ftp://cs.utk.edu/pub");
  EXPECT_EQ(value_of("a/b; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A", "title"), "This is ***fun***");
  const ParameterizedValue mixed = parse_parameters(
      "application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20; "
      "title*2=\"isn't it!\"");
  EXPECT_EQ(mixed.get("title"), "This is even more ***fun*** isn't it!");
  EXPECT_EQ(mixed.parameters.at(0).language, "en");
}

TEST(Parameters, Rfc2231InTheWild) {
  EXPECT_EQ(value_of("a; n*0*=utf-8''a; n*1*=b; n*0=z", "n"), "ab");  // the first of two
  EXPECT_EQ(value_of("a; n*0=a; n*2=c", "n"), "ac");
  EXPECT_EQ(value_of("a; filename*1*=%BD%A0.png; filename*0*=utf-8''%E4", "filename"), "你.png");  // split and reversed
  EXPECT_EQ(value_of("a; filename*=gb2312''%C4%E3%BA%C3", "filename"), "你好");
  EXPECT_EQ(value_of("a; filename*=%E4%BD%A0", "filename"), "你");  // no charset
  EXPECT_EQ(value_of("a; filename*=utf-8''%zz%4", "filename"), "%zz%4");
  EXPECT_EQ(value_of("a; filename=ascii.png; filename*=utf-8''%E4%BD%A0.png", "filename"), "你.png");
  EXPECT_EQ(value_of("a; filename*0=a; filename*2=c", "filename"), "ac");  // a gap
  EXPECT_EQ(value_of("a; filename*0=\"=?utf-8?Q?=C3=A9?=\"; filename*1=x", "filename"), "éx");
  EXPECT_EQ(value_of("a; filename*99999999999999999999=x; b=c", "b"), "c");
}

TEST(Parameters, WhatHasNoPlaceThere) {
  EXPECT_EQ(parse_parameters("attachment; filename*=\"=?UTF-8?B?w6k=?= =?UTF-8?B?LnR4dA==?=\"").get("filename"),
            "é.txt");
  for (const char* value : {"filename=\"foo.txt\"", "; filename=\"foo.txt\"", "\"attachment\"; filename=foo.txt"}) {
    EXPECT_EQ(parse_parameters(value).get("filename"), "foo.txt") << value;
  }
  EXPECT_EQ(parse_parameters("filename=\"foo.txt\"").value, "");
  EXPECT_EQ(parse_parameters("\"attachment\"; filename=foo.txt").value, "attachment");
}

TEST(Parameters, LimitsAndDefects) {
  Limits limits;
  limits.parameters = 2;
  std::vector<Defect> defects;
  EXPECT_EQ(parse_parameters("a; b=c; d=e; f=g", limits, &defects, 7).parameters.size(), 2U);
  ASSERT_EQ(defects.size(), 1U);
  EXPECT_EQ(defects[0], (Defect{DefectCode::parameter_limit, 20}));
  defects.clear();
  parse_parameters("a; b=c d; e", {}, &defects);
  EXPECT_EQ(defects.size(), 1U);
}

TEST(Parameters, EncodeAndRead) {
  const std::string values[] = {"plain.txt",
                                "with blank.txt",
                                "quo\"te\\.txt",
                                "你好.png",
                                "",
                                "=?utf-8?q?x?=",
                                "emoji 😀 name that is rather long, longer than a line can be 你好世界.jpeg",
                                std::string(300, 'x') + ".txt",
                                "100%.txt",
                                "it's.txt"};
  for (const std::string& value : values) {
    const std::string encoded = encode_parameter("filename", value);
    EXPECT_EQ(value_of("attachment" + encoded, "filename"), value) << encoded;
    for (std::size_t at = 0; at < encoded.size();) {
      const std::size_t end = std::min(encoded.find("\r\n", at), encoded.size());
      EXPECT_LE(end - at, 78U) << encoded;
      at = end + 2;
    }
  }
  EXPECT_EQ(encode_parameter("filename", "a.txt"), ";\r\n filename=a.txt");
  EXPECT_THROW(encode_parameter("filename", "a\r\nb"), Error);
}

TEST(Parameters, BackslashesAtTheEnd) {
  const auto read = [](std::string_view value) {
    std::vector<Defect> defects;
    const std::string name = parse_parameters(value, {}, &defects).get("name");
    return name + (defects.empty() ? "" : " !");
  };
  EXPECT_EQ(read(R"(x; name="a\\")"), R"(a\)");
  EXPECT_EQ(read(R"(x; name="\\\\")"), R"(\\)");
  EXPECT_EQ(read(R"(x; name="a\\"; b=c)"), R"(a\)");
  EXPECT_TRUE(read(R"(x; name="a\")").ends_with(" !")) << "the quote is one of the value, and none closes it";
}

}  // namespace
}  // namespace posthouse::mime
