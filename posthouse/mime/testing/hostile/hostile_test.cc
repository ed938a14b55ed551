// Hostile input takes linear time, everything decoded.
#include "posthouse/mime/testing/hostile/hostile.h"

#include <functional>
#include <string>

#include "posthouse/mime/mime.h"

namespace posthouse::mime {
namespace {

struct Case {
  const char* name;
  std::function<std::string(std::size_t)> make;  // a message of about so many octets
};

std::string field_of(std::string_view name, const std::string& value) {
  return std::string(name) + ": " + value + "\r\n\r\nbody\r\n";
}

std::string nested_multiparts(std::size_t octets) {
  std::string out;
  for (std::size_t i = 0; out.size() < octets; ++i) {
    out += "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\r\n\r\n--b" + std::to_string(i) + "\r\n";
  }
  return out;
}

std::string prefix_boundaries(std::size_t octets) {
  std::string out;
  std::string boundary;
  for (std::size_t i = 0; i < 90; ++i) {
    boundary += 'b';
    out += "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n";
  }
  return out + "\r\n" + repeat_to("--" + boundary + "b\r\n", octets);
}

std::string many_parts(std::size_t octets) {
  return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeat_to("--b\r\n\r\n\r\n", octets) + "--b--\r\n";
}

std::string many_fields(std::size_t octets) {
  return repeat_to("Subject: x\r\n", octets) + "\r\nbody";
}

std::string base64_body(const std::string& body) {
  return "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body;
}

std::string quoted_body(const std::string& body) {
  return "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + body;
}

const Case cases[] = {
    {"addresses", [](std::size_t n) { return field_of("To", repeat_to("a@b.test, ", n)); }},
    {"open comments", [](std::size_t n) { return field_of("To", std::string(n, '(')); }},
    {"comments", [](std::size_t n) { return field_of("To", repeat_to("(a)", n)); }},
    {"open quotes", [](std::size_t n) { return field_of("To", repeat_to("\"", n)); }},
    {"angles", [](std::size_t n) { return field_of("To", std::string(n, '<')); }},
    {"ats", [](std::size_t n) { return field_of("To", std::string(n, '@')); }},
    {"colons after words", [](std::size_t n) { return field_of("To", repeat_to("a ", n) + "@" + repeat_to(":", n)); }},
    {"semicolons", [](std::size_t n) { return field_of("To", std::string(n, ';')); }},
    {"groups", [](std::size_t n) { return field_of("To", repeat_to("g:a@b;", n)); }},
    {"routes", [](std::size_t n) { return field_of("To", "<" + repeat_to("@a,", n) + ":b@c>"); }},
    {"dots", [](std::size_t n) { return field_of("To", repeat_to("a. ", n) + "@b"); }},
    {"literals", [](std::size_t n) { return field_of("To", std::string(n, '[')); }},
    {"words beginning", [](std::size_t n) { return field_of("Subject", repeat_to("=?", n)); }},
    {"words without end", [](std::size_t n) { return field_of("Subject", repeat_to("=?utf-8?q?a", n)); }},
    {"words in addresses", [](std::size_t n) { return field_of("To", repeat_to("=?utf-8?q?a ", n)); }},
    {"words", [](std::size_t n) { return field_of("Subject", repeat_to("=?utf-8?q?=C3=A9?= ", n)); }},
    {"words of two charsets",
     [](std::size_t n) { return field_of("Subject", repeat_to("=?gbk?q?a?= =?big5?q?a?= ", n)); }},
    {"parameters",
     [](std::size_t n) {
       std::string value = "text/plain";
       for (std::size_t i = 0; value.size() < n; ++i) {
         value += "; a*" + std::to_string(i) + "*=%41";
       }
       return field_of("Content-Type", value);
     }},
    {"parameters backwards",
     [](std::size_t n) {
       std::string value = "text/plain";
       for (std::size_t i = n; value.size() < n; --i) {
         value += "; name*" + std::to_string(i) + "=x";
       }
       return field_of("Content-Type", value);
     }},
    {"different parameters",
     [](std::size_t n) {
       std::string value = "text/plain";
       for (std::size_t i = 0; value.size() < n; ++i) {
         value += "; a" + std::to_string(i) + "=x";
       }
       return field_of("Content-Type", value);
     }},
    {"blanks and equals",
     [](std::size_t n) { return field_of("Content-Type", "text/plain; a=" + repeat_to("b ", n)); }},
    {"parameter comments",
     [](std::size_t n) { return field_of("Content-Type", "text/plain; a=b " + repeat_to("(c) d ", n)); }},
    {"open parameter comments",
     [](std::size_t n) { return field_of("Content-Type", "a/b; a=b " + repeat_to(" (", n)); }},
    {"parameter semicolons", [](std::size_t n) { return field_of("Content-Type", std::string(n, ';')); }},
    {"references", [](std::size_t n) { return field_of("References", repeat_to("<a@b> ", n)); }},
    {"open references", [](std::size_t n) { return field_of("References", repeat_to("<", n)); }},
    {"dates", [](std::size_t n) { return field_of("Date", repeat_to("(1 Jan ", n)); }},
    {"fields", many_fields},
    {"folds", [](std::size_t n) { return field_of("Subject", repeat_to("a\r\n ", n)); }},
    {"nested multiparts", nested_multiparts},
    {"boundaries that begin alike", prefix_boundaries},
    {"parts", many_parts},
    {"digest",
     [](std::size_t n) {
       return "Content-Type: multipart/digest; boundary=b\r\n\r\n" + repeat_to("--b\r\n\r\nSubject: x\r\n\r\n", n);
     }},
    {"dashes",
     [](std::size_t n) { return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeat_to("--\n", n); }},
    {"base64 paddings", [](std::size_t n) { return base64_body(repeat_to("QQ==", n) + "."); }},
    {"base64 pieces", [](std::size_t n) { return base64_body(repeat_to("QQ==", n)); }},
    {"base64 junk", [](std::size_t n) { return base64_body(repeat_to("Q.", n)); }},
    {"quoted equals", [](std::size_t n) { return quoted_body(repeat_to("=", n)); }},
    {"quoted blanks", [](std::size_t n) { return quoted_body(repeat_to("   \n", n)); }},
    {"bad utf-8", [](std::size_t n) { return quoted_body(repeat_to("\xF0\x9F", n)); }},
};

TEST(Hostile, TakesLinearTime) {
  const Limits limits = wide_limits();
  for (const Case& c : cases) {
    expect_linear_time(c.name, c.make, [&](const std::string& octets) { read_all(octets, limits); });
  }
}

TEST(Hostile, StaysWithinTheStandardLimits) {
  for (const Case& c : cases) {
    const Message message = Message::parse(c.make(std::size_t{1} << 20));
    EXPECT_LE(message.part_count(), Limits().parts) << c.name;
    EXPECT_LE(message.defects().size(), Limits().defects + 1) << c.name;
    EXPECT_LE(message.all_defects().size(), Limits().defects + 1) << c.name;
    for (const Part part : message.walk()) {
      EXPECT_LE(part.depth(), Limits().depth) << c.name;
      EXPECT_LE(part.headers().size(), Limits().header_fields) << c.name;
    }
  }
}

}  // namespace
}  // namespace posthouse::mime
