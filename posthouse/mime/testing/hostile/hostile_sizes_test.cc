// The traps that made other mail readers stand still, at the sizes they were sent in: each costs at most a little more
// than twice its half. (Under sanitizers at a sixteenth of these sizes.)
#include <cstddef>
#include <functional>
#include <string>

#include "tests/support/sampled.h"

#include "posthouse/mime/testing/hostile/hostile.h"

namespace posthouse::mime {
namespace {

constexpr std::size_t mebi = std::size_t{1} << 20;

// Linear is 2, quadratic 4; what is small against the noise of a machine is left alone.
void expect_doubling(const std::string& half, const std::string& whole, const Limits& limits) {
  const double once = processor_seconds([&] { read_all(half, limits); });
  const double twice = processor_seconds([&] { read_all(whole, limits); });
  EXPECT_LT(twice, once * 3.2 + 0.05) << once * 1e3 << " ms, then " << twice * 1e3 << " ms";
}

// `make` is given a size and half of it. Twice: with all of it read, and with the limits everybody has.
void expect_linear(std::size_t size, const std::function<std::string(std::size_t)>& make) {
  size /= test::stride * test::stride;
  const std::string half = make(size / 2), whole = make(size);
  expect_doubling(half, whole, wide_limits());
  expect_doubling(half, whole, Limits());
}

std::string message_of(std::string_view field, std::string_view value) {
  return std::string(field) + ": " + std::string(value) + "\r\n\r\nbody\r\n";
}

TEST(HostileSizes, EightyThousandAddresses) {
  expect_linear(80'000, [](std::size_t count) {
    std::string value;
    for (std::size_t i = 0; i < count; ++i) {
      value += "\"U " + std::to_string(i) + "\" <u" + std::to_string(i) + "@b.test>,\r\n ";
    }
    return message_of("To", value);
  });
}

TEST(HostileSizes, MebibyteOfParentheses) {
  expect_linear(mebi, [](std::size_t octets) { return message_of("To", std::string(octets, '(')); });
}

TEST(HostileSizes, MebibyteOfParenthesesInContentType) {
  expect_linear(mebi, [](std::size_t octets) { return message_of("Content-Type", std::string(octets, '(')); });
}

TEST(HostileSizes, MebibyteOfEncodedWordsThatOnlyBegin) {
  for (const char* field : {"Subject", "To", "Content-Type"}) {
    expect_linear(mebi, [=](std::size_t octets) { return message_of(field, repeat_to("=?", octets)); });
  }
}

TEST(HostileSizes, MebibyteOfEncodedWordsWithoutEnd) {
  for (const char* field : {"Subject", "To"}) {
    expect_linear(mebi, [=](std::size_t octets) { return message_of(field, repeat_to("=?utf-8?q?a", octets)); });
  }
}

TEST(HostileSizes, MebibyteOfContinuedParameters) {
  const auto parameters = [](std::size_t octets, const char* ending, auto next) {
    std::string value = "application/x; name*0*=utf-8''x";
    for (std::size_t i = 1; value.size() < octets; ++i) {
      value += "; name*" + std::to_string(next(i)) + ending;
    }
    return message_of("Content-Type", value);
  };
  expect_linear(mebi,
                [&](std::size_t octets) { return parameters(octets, "*=%C3%A9", [](std::size_t i) { return i; }); });
  expect_linear(
      mebi, [&](std::size_t octets) { return parameters(octets, "=x", [](std::size_t i) { return 9'999'999 - i; }); });
  expect_linear(mebi, [&](std::size_t octets) { return parameters(octets, "=x", [](std::size_t) { return 1; }); });
}

TEST(HostileSizes, MebibyteOfNestedMultiparts) {
  expect_linear(mebi, [](std::size_t octets) {
    std::string out;
    for (std::size_t i = 0; out.size() < octets; ++i) {
      const std::string boundary = "b" + std::to_string(i);
      out += "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n";
    }
    return out;
  });
}

TEST(HostileSizes, MebibyteOfNestedMessages) {
  expect_linear(mebi, [](std::size_t octets) { return repeat_to("Content-Type: message/rfc822\r\n\r\n", octets); });
}

TEST(HostileSizes, HundredThousandParts) {
  expect_linear(100'000, [](std::size_t count) {
    const std::string part = "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n";
    return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeat_to(part, count * part.size()) + "--b--\r\n";
  });
}

TEST(HostileSizes, HeaderOfFiftyMegabytes) {
  expect_linear(50'000'000, [](std::size_t octets) { return message_of("Subject", std::string(octets, 'x')); });
  expect_linear(50'000'000, [](std::size_t octets) {
    return repeat_to("X-Field: a value of no use to anybody\r\n", octets) + "\r\n";
  });
}

// Every multipart's boundary begins with that of the one around it, and the lines of the body with all of them.
TEST(HostileSizes, BoundariesThatBeginEachOther) {
  for (const std::string_view ending : {"b\r\n", "\r\n", "--\r\n"}) {
    expect_linear(mebi, [=](std::size_t octets) {
      std::string out, boundary;
      for (std::size_t i = 0; i < 90; ++i) {
        boundary += 'b';
        out += "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n";
      }
      return out + "\r\n" + repeat_to("--" + boundary + std::string(ending), octets);
    });
  }
}

}  // namespace
}  // namespace posthouse::mime
