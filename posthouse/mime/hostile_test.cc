// Hostile input takes linear time. Each case is read at two sizes, one eight times the other, everything decoded; the
// larger may cost at most four times what linear would (quadratic is eight times). Processor time, best of three.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "posthouse/mime/mime.h"

namespace posthouse::mime {
namespace {

Limits wide() {
  Limits limits;
  limits.header_block = limits.header_line = std::size_t{1} << 30;
  limits.header_fields = limits.addresses = limits.parameters = limits.parts = std::size_t{1} << 24;
  return limits;
}

std::string repeat(std::string_view piece, std::size_t octets) {
  std::string out;
  out.reserve(octets + piece.size());
  while (out.size() < octets) out += piece;
  return out;
}

// Everything a caller can ask of a message.
std::size_t read_all(const std::string& bytes, const Limits& limits) {
  const Message message = Message::view(bytes, limits);
  std::size_t sum = message.all_defects().size() + message.subject().size() + message.message_id().size();
  for (const char* name : {"From", "To", "Cc"}) sum += message.addresses(name).size();
  sum += message.message_ids("References").size();
  for (const Part part : message.walk()) {
    sum += part.type().size() + part.charset().size() + part.filename().value_or("").size();
    for (const Field field : part.headers()) sum += field.text().size();
    if (part.is_leaf()) sum += part.is("text/") ? part.text().size() : part.content().size();
  }
  return sum;
}

double processor_seconds(const std::function<void()>& work) {
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    timespec before{}, after{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    work();
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    best = std::min(best, static_cast<double>(after.tv_sec - before.tv_sec) +
                              static_cast<double>(after.tv_nsec - before.tv_nsec) * 1e-9);
  }
  return best;
}

struct Case {
  const char* name;
  std::function<std::string(std::size_t)> make;  // a message of about so many octets
};

std::string field_of(std::string_view name, const std::string& value) {
  return std::string(name) + ": " + value + "\r\n\r\nbody\r\n";
}

std::string nested_multiparts(std::size_t octets) {
  std::string out;
  for (std::size_t i = 0; out.size() < octets; ++i)
    out += "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\r\n\r\n--b" + std::to_string(i) + "\r\n";
  return out;
}

std::string prefix_boundaries(std::size_t octets) {
  std::string out;
  std::string boundary;
  for (std::size_t i = 0; i < 90; ++i) {
    boundary += 'b';
    out += "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n";
  }
  return out + "\r\n" + repeat("--" + boundary + "b\r\n", octets);
}

std::string many_parts(std::size_t octets) {
  return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeat("--b\r\n\r\n\r\n", octets) + "--b--\r\n";
}

std::string many_fields(std::size_t octets) {
  return repeat("Subject: x\r\n", octets) + "\r\nbody";
}

std::string base64_body(const std::string& body) {
  return "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body;
}

std::string quoted_body(const std::string& body) {
  return "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + body;
}

const Case cases[] = {
    {"addresses", [](std::size_t n) { return field_of("To", repeat("a@b.test, ", n)); }},
    {"open comments", [](std::size_t n) { return field_of("To", std::string(n, '(')); }},
    {"comments", [](std::size_t n) { return field_of("To", repeat("(a)", n)); }},
    {"open quotes", [](std::size_t n) { return field_of("To", repeat("\"", n)); }},
    {"angles", [](std::size_t n) { return field_of("To", std::string(n, '<')); }},
    {"ats", [](std::size_t n) { return field_of("To", std::string(n, '@')); }},
    {"colons after words", [](std::size_t n) { return field_of("To", repeat("a ", n) + "@" + repeat(":", n)); }},
    {"semicolons", [](std::size_t n) { return field_of("To", std::string(n, ';')); }},
    {"groups", [](std::size_t n) { return field_of("To", repeat("g:a@b;", n)); }},
    {"routes", [](std::size_t n) { return field_of("To", "<" + repeat("@a,", n) + ":b@c>"); }},
    {"dots", [](std::size_t n) { return field_of("To", repeat("a. ", n) + "@b"); }},
    {"literals", [](std::size_t n) { return field_of("To", std::string(n, '[')); }},
    {"words beginning", [](std::size_t n) { return field_of("Subject", repeat("=?", n)); }},
    {"words without end", [](std::size_t n) { return field_of("Subject", repeat("=?utf-8?q?a", n)); }},
    {"words in addresses", [](std::size_t n) { return field_of("To", repeat("=?utf-8?q?a ", n)); }},
    {"words", [](std::size_t n) { return field_of("Subject", repeat("=?utf-8?q?=C3=A9?= ", n)); }},
    {"words of two charsets",
     [](std::size_t n) { return field_of("Subject", repeat("=?gbk?q?a?= =?big5?q?a?= ", n)); }},
    {"parameters",
     [](std::size_t n) {
       std::string value = "text/plain";
       for (std::size_t i = 0; value.size() < n; ++i) value += "; a*" + std::to_string(i) + "*=%41";
       return field_of("Content-Type", value);
     }},
    {"parameters backwards",
     [](std::size_t n) {
       std::string value = "text/plain";
       for (std::size_t i = n; value.size() < n; --i) value += "; name*" + std::to_string(i) + "=x";
       return field_of("Content-Type", value);
     }},
    {"different parameters",
     [](std::size_t n) {
       std::string value = "text/plain";
       for (std::size_t i = 0; value.size() < n; ++i) value += "; a" + std::to_string(i) + "=x";
       return field_of("Content-Type", value);
     }},
    {"blanks and equals", [](std::size_t n) { return field_of("Content-Type", "text/plain; a=" + repeat("b ", n)); }},
    {"parameter comments",
     [](std::size_t n) { return field_of("Content-Type", "text/plain; a=b " + repeat("(c) d ", n)); }},
    {"open parameter comments", [](std::size_t n) { return field_of("Content-Type", "a/b; a=b " + repeat(" (", n)); }},
    {"parameter semicolons", [](std::size_t n) { return field_of("Content-Type", std::string(n, ';')); }},
    {"references", [](std::size_t n) { return field_of("References", repeat("<a@b> ", n)); }},
    {"open references", [](std::size_t n) { return field_of("References", repeat("<", n)); }},
    {"dates", [](std::size_t n) { return field_of("Date", repeat("(1 Jan ", n)); }},
    {"fields", many_fields},
    {"folds", [](std::size_t n) { return field_of("Subject", repeat("a\r\n ", n)); }},
    {"nested multiparts", nested_multiparts},
    {"boundaries that begin alike", prefix_boundaries},
    {"parts", many_parts},
    {"digest",
     [](std::size_t n) {
       return "Content-Type: multipart/digest; boundary=b\r\n\r\n" + repeat("--b\r\n\r\nSubject: x\r\n\r\n", n);
     }},
    {"dashes", [](std::size_t n) { return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeat("--\n", n); }},
    {"base64 paddings", [](std::size_t n) { return base64_body(repeat("QQ==", n) + "."); }},
    {"base64 pieces", [](std::size_t n) { return base64_body(repeat("QQ==", n)); }},
    {"base64 junk", [](std::size_t n) { return base64_body(repeat("Q.", n)); }},
    {"quoted equals", [](std::size_t n) { return quoted_body(repeat("=", n)); }},
    {"quoted blanks", [](std::size_t n) { return quoted_body(repeat("   \n", n)); }},
    {"bad utf-8", [](std::size_t n) { return quoted_body(repeat("\xF0\x9F", n)); }},
};

TEST(Hostile, TakesLinearTime) {
  constexpr std::size_t small = 12 * 1024;
  constexpr std::size_t factor = 8;
  const Limits limits = wide();
  for (const Case& c : cases) {
    const std::string once = c.make(small);
    const std::string more = c.make(small * factor);
    const double base = processor_seconds([&] { read_all(once, limits); });
    const double grown = processor_seconds([&] { read_all(more, limits); });
    EXPECT_LT(grown, base * factor * 4 + 0.02) << c.name << ": " << base * 1e3 << " ms, then " << grown * 1e3 << " ms";
    if (std::getenv("POSTHOUSE_SHOW_TIMES") != nullptr)
      std::printf("%-28s %8.2f ms %8.2f ms\n", c.name, base * 1e3, grown * 1e3);
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
