// Compressed streams: all comes through, in pieces of any size; what is hostile costs no memory.
#include <algorithm>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "tests/support/faults.h"
#include <gtest/gtest.h>
#include <zlib.h>

#include "posthouse/net/testing.h"
#include "posthouse/net/tls/tls_testing.h"

namespace posthouse::net {
namespace {

// Of lines that repeat themselves, or of octets that do not.
std::string sample(std::size_t size, bool random) {
  std::string text;
  for (unsigned i = 0, x = 1; text.size() < size; ++i) {
    x = x * 1664525U + 1013904223U;
    text +=
        random ? std::string(1, static_cast<char>(x >> 24)) : "* " + std::to_string(i % 97) + " FETCH (FLAGS ())\r\n";
  }
  text.resize(size);
  return text;
}

// What a peer says that compresses `octets` in one go.
std::string deflated(const std::string& octets, int end = Z_SYNC_FLUSH) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string in = octets;
  std::string out(deflateBound(&stream, in.size()) + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<unsigned>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<unsigned>(out.size());
  deflate(&stream, end);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

std::pair<Stream, Stream> compressed_pair(std::size_t capacity = 64 * 1024) {
  auto ends = memory_pipe(capacity);
  ends.first.start_deflate();
  ends.second.start_deflate();
  return ends;
}

TEST(Deflate, WhatIsWrittenComesThrough) {
  const auto exchange = [] {
    for (const bool random : {false, true}) {
      for (const std::size_t size : {1U, 100U, 32U * 1024, 32U * 1024 + 1, 1'000'000U}) {
        auto [client, server] = compressed_pair(1000);
        const std::string text = sample(size, random);
        Scope scope;
        scope.spawn([&, &server = server] {
          echo(server);
          server.shutdown_write();
        });
        scope.spawn([&, &client = client] {
          client.write(text, 60s);
          client.shutdown_write();
        });
        EXPECT_EQ(client.read_all(2'000'000, 60s), text) << size;
        server.close();
        scope.join();
      }
    }
  };
  exchange();
  run(exchange);
}

TEST(Deflate, EachWriteArrivesWithoutTheNext) {
  auto [client, server] = compressed_pair();
  for (int i = 0; i < 100; ++i) {
    const std::string line = "line " + std::to_string(i);
    client.write(line + "\r\n");
    EXPECT_EQ(server.read_line(100, 20s), line);
    server.write_later(line + "\n");
    server.flush();
    EXPECT_EQ(client.read_line(100, 20s), line);
  }
}

TEST(Deflate, IsSmaller) {
  auto [client, bare] = memory_pipe(1 << 20);
  client.start_deflate();
  client.write(sample(500'000, false));
  client.shutdown_write();
  EXPECT_LT(bare.read_all(1 << 20, 20s).size(), 50'000U);
}

TEST(Deflate, ANewCompressorGoesOnWhereTheOldOneEnded) {
  auto [client, server] = compressed_pair();
  for (int i = 0; i < 3; ++i) {
    client.write("the same again and again\r\n");
    EXPECT_FALSE(client.wait_readable(Deadline::after(1ms))) << "so the compressor is given up";
  }
  EXPECT_EQ(server.read_until("again\r\n", 100, 20s), "the same again and ");
  EXPECT_EQ(server.read_line(100, 20s), "the same again and again");
  EXPECT_EQ(server.read_line(100, 20s), "the same again and again");
}

TEST(Deflate, WhatIsBufferedIsCompressedAlready) {
  auto [client, server] = memory_pipe();
  client.write("COMPRESS\r\n" + deflated("NOOP\r\n"));
  EXPECT_EQ(server.read_line(100, 20s), "COMPRESS");
  EXPECT_FALSE(server.buffered().empty());
  server.start_deflate();
  EXPECT_EQ(server.read_line(100, 20s), "NOOP");
}

TEST(Deflate, ComesOctetByOctet) {
  auto [client, server] = memory_pipe();
  server.start_deflate();
  const std::string text = sample(5000, false);
  std::thread teller([&, &client = client] {
    for (const char octet : deflated(text)) {
      client.write({&octet, 1});
    }
    client.shutdown_write();
  });
  EXPECT_EQ(server.read_all(10'000, 20s), text);
  teller.join();
}

TEST(Deflate, NoMoreIsDecompressedThanIsAskedFor) {
  auto [client, server] = memory_pipe(1 << 20);
  server.start_deflate();
  client.write(deflated(std::string(100'000'000, 'x')));
  client.shutdown_write();
  EXPECT_EQ(thrown_by([&, &server = server] { server.read_line(64 * 1024, 20s); }).errc(), Errc::too_long);
  EXPECT_LE(server.buffered().size(), 256U * 1024);
}

TEST(Deflate, WhatIsNotCompressedEndsTheStream) {
  const std::string good = deflated(sample(1000, false));
  for (const std::string& bad :
       {std::string("a NOOP\r\n"), std::string(100, '\xff'), good + std::string(100, '\xff')}) {
    auto [client, server] = memory_pipe();
    server.start_deflate();
    client.write(bad);
    client.shutdown_write();
    EXPECT_EQ(error_of([&, &server = server] { server.read_all(1 << 20, 20s); }), Errc::reset);
  }
}

TEST(Deflate, TheLastBlockIsTheEnd) {
  auto [client, server] = memory_pipe();
  server.start_deflate();
  client.write(deflated("all\n", Z_FINISH) + "and what follows");
  EXPECT_EQ(server.read_all(1000, 20s), "all\n");
  EXPECT_EQ(server.read_some(1000, 20s), "");
}

TEST(Deflate, EmptyBlocksDoNotOutliveTheDeadline) {
  auto [client, server] = memory_pipe();
  server.start_deflate();
  std::atomic<bool> over = false;
  std::thread teller([&, &client = client] {
    const std::string nothing = deflated("");
    try {
      while (!over) {
        client.write(nothing);
      }
    } catch (const Error&) {
    }
  });
  EXPECT_EQ(error_of([&, &server = server] { server.read_some(10, Deadline::after(20ms)); }), Errc::timeout);
  over = true;
  server.close();
  teller.join();
}

TEST(Deflate, OverTls) {
  auto [client, server] = memory_pipe();
  ASSERT_TRUE(shake_hands(client, server, good_client(), good_server()).client.good());
  client.start_deflate();
  server.start_deflate();
  EXPECT_TRUE(client.is_tls());
  EXPECT_TRUE(client.tls().has_value());
  client.write("hello\n");
  EXPECT_EQ(server.read_line(100, 20s), "hello");
}

// Whatever breaks: what is read is a beginning of what was written.
TEST(Deflate, SurvivesAFaultAtEachStep) {
  test::for_each_fault([](test::FaultPlan& plan) {
    auto [client, plain] = memory_pipe();
    Stream server = test::with_faults(std::move(plain), plan);
    const std::string text = sample(3000, false);
    std::string got;
    std::thread peer([&, &client = client] {
      try {
        client.start_deflate();
        client.write(text);
        client.shutdown_write();
        got = client.read_all(10'000, 20s);
      } catch (const Error& error) {
        EXPECT_NE(error.errc(), Errc::timeout);
      }
    });
    try {
      server.start_deflate();
      std::string read;
      while (read.size() < text.size()) {
        read += server.read_some(700, 20s);
        EXPECT_TRUE(text.starts_with(read));
        if (read.empty()) {
          break;
        }
      }
      server.write(text);
    } catch (const Error& error) {
      EXPECT_NE(error.errc(), Errc::timeout);
    }
    server.close();
    peer.join();
    EXPECT_TRUE(text.starts_with(got));
    if (!plan.fired()) {
      EXPECT_EQ(got, text);
    }
  });
}

}  // namespace
}  // namespace posthouse::net
