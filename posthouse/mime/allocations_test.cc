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

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
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
    "Received: from client.one.test by mx.two.test with ESMTPS id 42; Sat, 31 Jan 2026 23:59:59 +0800\r\n"
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

TEST(Allocations, OfASmallMessageParsed) {
  std::size_t parts = 0;
  const std::size_t count = counted([&] { parts = Message::view(letter).part_count(); });
  EXPECT_EQ(parts, 1U);
  RecordProperty("allocations", static_cast<int>(count));
  EXPECT_LE(count, 8U);
  std::printf("parse %zu\n", count);
  const Message message = Message::view(letter);
  for (const Field field : message.headers()) std::printf("%s %zu\n", std::string(field.name()).c_str(), counted([&] { field.text(); }));
  std::printf("text %zu\n", counted([&] { message.root().text(); }));
  std::printf("subject %zu\n", counted([&] { message.subject(); }));
  std::printf("from %zu\n", counted([&] { message.from(); }));
  std::printf("date %zu\n", counted([&] { message.date(); }));
  std::printf("build %zu\n", counted([&] { MessageBuilder().from("张三", "ann@one.test").to("bob@two.test").subject("你好").text("hello").build(); }));
  const auto b = MessageBuilder().from("张三", "ann@one.test").to("bob@two.test").subject("你好").text("hello");
  std::printf("build only %zu\n", counted([&] { b.build(); }));
}

}  // namespace
}  // namespace posthouse::mime
