#include <gtest/gtest.h>

#include "posthouse/milter/error.h"
#include "posthouse/milter/testing/fake_filter.h"
#include "posthouse/milter/wire/negotiation.h"
#include "posthouse/milter/wire/packet.h"

namespace posthouse::milter {
namespace {

template <class F>
Errc errc_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "milter." + std::string(to_string(error.errc())));
    return error.errc();
  }
  ADD_FAILURE() << "nothing was thrown";
  return Errc::endpoint;
}

TEST(Packets, ComeWholeHoweverTheyAreCut) {
  const std::string wire = packet('c') + packet('y', octets("550 no\0")) + packet('b', std::string(70'000, 'x'));
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{5}, wire.size()}) {
    PacketReader reader(100'000);
    std::vector<Packet> packets;
    for (std::size_t at = 0; at < wire.size(); at += piece) {
      std::string_view part = std::string_view(wire).substr(at, piece);
      while (auto taken = reader.take(part)) {
        packets.push_back(*taken);
      }
      EXPECT_TRUE(part.empty());
    }
    EXPECT_FALSE(reader.partial());
    ASSERT_EQ(packets.size(), 3U);
    EXPECT_EQ(packets[0], (Packet{'c', ""}));
    EXPECT_EQ(packets[1], (Packet{'y', octets("550 no\0")}));
    EXPECT_EQ(packets[2].data.size(), 70'000U);
  }
}

TEST(Packets, AreBounded) {
  const auto read = [](std::string_view wire) {
    PacketReader reader(1000);
    while (reader.take(wire)) {
    }
  };
  EXPECT_EQ(errc_of([&] { read(octets("\0\0\0\0")); }), Errc::protocol);
  EXPECT_EQ(errc_of([&] { read(octets("\0\0\3\351")); }), Errc::too_large);
  EXPECT_EQ(errc_of([&] { read(octets("\377\377\377\377")); }), Errc::too_large);
  read(octets("\0\0\3\350"));  // 1000: as much as may be
}

TEST(Negotiations, AreReadAsTheyWereWritten) {
  const Negotiation offer;
  EXPECT_EQ(read_negotiation(write_negotiation(offer), offer), offer);
  Negotiation wanted{.version = 3, .actions = action::set_macros | action::add_header, .steps = step::no_body};
  std::string data = write_negotiation(wanted) + octets("\0\0\0\2i {auth_type}\0");
  wanted.macros[2] = "i {auth_type}";
  EXPECT_EQ(read_negotiation(data, offer), wanted);
}

TEST(Negotiations, NobodyGetsMoreThanIsOffered) {
  const Negotiation offer{.version = 6, .actions = action::add_header, .steps = step::skip};
  const auto read = [&](const Negotiation& answer, const std::string& more = "") {
    return errc_of([&] { (void)read_negotiation(write_negotiation(answer) + more, offer); });
  };
  EXPECT_EQ(read({.version = 7, .actions = 0, .steps = 0}), Errc::protocol);
  EXPECT_EQ(read({.version = 1, .actions = 0, .steps = 0}), Errc::protocol);
  EXPECT_EQ(read({.version = 6, .actions = action::change_body, .steps = 0}), Errc::protocol);
  EXPECT_EQ(read({.version = 6, .actions = 0, .steps = step::no_body}), Errc::protocol);
  EXPECT_EQ(read({.version = 6, .actions = 0, .steps = 0}, octets("\0\0\0\2i\0")), Errc::protocol);
  EXPECT_EQ(errc_of([&] { (void)read_negotiation("short", offer); }), Errc::protocol);
  const Negotiation lists{.version = 6, .actions = action::set_macros, .steps = 0};
  for (const std::string& more : {octets("\0\0\0\7i\0"), octets("\0\0\0\2i"), octets("\0\0")}) {
    EXPECT_EQ(errc_of([&] { (void)read_negotiation(write_negotiation(lists) + more, Negotiation()); }), Errc::protocol);
  }
}

}  // namespace
}  // namespace posthouse::milter
