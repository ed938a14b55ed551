// How often small messages ask for memory: counted, and held to a number. A program of its own, because it counts every
// allocation of the process.
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>

#include <gtest/gtest.h>

#include "posthouse/mime/mime.h"

namespace {
std::size_t allocations = 0;  // of the one thread there is
}  // namespace

// Not inlined, or compilers see malloc and free stand for new and delete and warn.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) {
    return memory;
  }
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace posthouse::mime {
namespace {

template <class F>
std::size_t counted(F&& work) {
  work();  // what is made once and kept: converters, tables
  const std::size_t before = allocations;
  work();
  return allocations - before;
}

constexpr std::string_view letter =
    "Received: from client.one.test by mx.two.test with ESMTPS id 42;\r\n\tSat, 31 Jan 2026 23:59:59 +0800\r\n"
    "Date: Sat, 31 Jan 2026 23:59:59 +0800\r\n"
    "From: =?utf-8?B?5byg5LiJ?= <ann@one.test>\r\n"
    "To: Bob Builder <bob@two.test>\r\n"
    "Message-ID: <157c4a7fb979379e2af894fe72f36e3c@one.test>\r\n"
    "Subject: =?utf-8?B?5L2g5aW977yM5LiW55WM?= and a few more words\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n"
    "\r\n"
    "Gr=C3=BC=C3=9Fe aus dem sch=C3=B6nen K=C3=B6ln am Rhein\r\n";

TEST(Allocations, OfASmallMessageRead) {
  std::string text;  // used again for each field
  std::size_t octets = 0;
  const std::size_t count = counted([&] {
    const Message message = Message::view(letter);
    for (const Field field : message.headers()) {
      field.text_into(text);
      octets += text.size();
    }
  });
  EXPECT_GT(octets, 300U);
  RecordProperty("allocations", static_cast<int>(count));
  EXPECT_LE(count, 8U);
}

TEST(Allocations, OfItsTextToo) {
  const Message message = Message::view(letter);
  const std::size_t count = counted([&] { EXPECT_EQ(message.root().text().size(), 41U); });
  RecordProperty("allocations", static_cast<int>(count));
  EXPECT_LE(count, 4U);
}

TEST(Allocations, OfASmallMessageBuilt) {
  const auto builder =
      MessageBuilder().from("张三", "ann@one.test").to("bob@two.test").subject("你好").text("See you on Monday.\n");
  const std::size_t count = counted([&] { builder.build(); });
  RecordProperty("allocations", static_cast<int>(count));
  EXPECT_LE(count, 12U);
}

// However large a file is: what is written is in memory once.
TEST(Allocations, OfAFileAreNoMore) {
  const auto builder = [](std::size_t size) {
    return MessageBuilder().from("a@one.test").text("x").attach("a.bin", std::string(size, 'x'));
  };
  const MessageBuilder small = builder(100), large = builder(5'000'000);
  EXPECT_EQ(counted([&] { large.build(); }), counted([&] { small.build(); }));
}

}  // namespace
}  // namespace posthouse::mime
