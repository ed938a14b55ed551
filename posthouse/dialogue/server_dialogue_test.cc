#include "posthouse/dialogue/server_dialogue.h"

#include <string>

#include <gtest/gtest.h>

#include "posthouse/net/error.h"

namespace posthouse::dialogue {
namespace {

using namespace std::chrono_literals;

struct Ends {
  explicit Ends(std::pair<net::Stream, net::Stream> pipe = net::memory_pipe())
      : client(std::move(pipe.first)), server(std::move(pipe.second)), dialogue(server, trace, LineEnds::crlf) {
    client.set_timeout(10s);
  }
  net::Stream client, server;
  net::Trace trace;
  ServerDialogue dialogue;

  Line read(std::size_t limit = 512) {
    return dialogue.read_line(limit, [&] {
      if (!server.fill(10s)) {
        throw std::string("the end");
      }
    });
  }
};

TEST(ServerDialogue, KeepsALineUntilItIsDone) {
  Ends ends;
  ends.client.write("ONE\r\nTWO\r\n");
  EXPECT_EQ(ends.read().text, "ONE");
  EXPECT_EQ(ends.server.buffered(), "ONE\r\nTWO\r\n");
  ends.dialogue.end_line();
  EXPECT_EQ(ends.read().text, "TWO");
  ends.dialogue.end_line();
  ends.dialogue.end_line();
  EXPECT_EQ(ends.server.buffered(), "");
}

TEST(ServerDialogue, SkipsWhatIsTooLongWithoutHoldingIt) {
  Ends ends;
  ends.client.write(std::string(50'000, 'x') + "\r\nNEXT\r\n");
  EXPECT_EQ(ends.read().state, LineState::too_long);
  ends.dialogue.end_line();
  EXPECT_EQ(ends.read().text, "NEXT");
}

TEST(ServerDialogue, WhatWaitThrowsComesOut) {
  Ends ends;
  ends.client.write("half a li");
  ends.client.shutdown_write();
  EXPECT_THROW(ends.read(), std::string);
}

TEST(ServerDialogue, RepliesWaitForTheFlush) {
  Ends ends;
  ends.dialogue.say("250 one");
  ends.dialogue.say_lines("250-two\r\n250 three\r\n");
  ends.dialogue.replies() += "octets\r\n";
  const auto mark = ends.dialogue.mark();
  ends.dialogue.say("never said");
  EXPECT_TRUE(ends.dialogue.take_back(mark));
  ends.dialogue.flush(10s);
  EXPECT_FALSE(ends.dialogue.take_back(mark)) << "it has been sent";
  ends.dialogue.rest();
  ends.server.close();
  EXPECT_EQ(ends.client.read_all(1000), "250 one\r\n250-two\r\n250 three\r\noctets\r\n");
}

TEST(ServerDialogue, IsBrokenAfterAWriteThatFailed) {
  Ends ends(net::memory_pipe(16));
  ends.dialogue.say(std::string(100, 'x'));
  EXPECT_FALSE(ends.dialogue.broken());
  EXPECT_THROW(ends.dialogue.flush(1ms), net::Error);
  EXPECT_TRUE(ends.dialogue.broken());
}

}  // namespace
}  // namespace posthouse::dialogue
