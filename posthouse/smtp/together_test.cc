// Client against server in one process: every fault, TLS, log-in, hundreds of sessions at once.
#include <atomic>
#include <set>

#include "tests/support/faults.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/fiber/sync.h"
#include "posthouse/net/error.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/smtp/client/client.h"
#include "posthouse/smtp/server/server.h"
#include "posthouse/smtp/testing/certificates.h"
#include "posthouse/smtp/testing/memory_backend.h"

namespace posthouse::smtp {
namespace {

using namespace std::chrono_literals;

ServerOptions server_options(bool tls) {
  ServerOptions options;
  options.hostname = "mx.one.test";
  options.auth_delay = options.error_delay = {};
  if (tls) {
    options.tls = testing::server_tls();
  }
  return options;
}

ClientOptions client_options(bool tls) {
  ClientOptions options;
  options.tls = tls ? Tls::starttls : Tls::none;
  if (tls) {
    options.tls_context = testing::client_tls();
  }
  return options;
}

const std::string message = "Subject: x\r\n\r\n.dot\r\n" + std::string(3000, 'y') + "\r\n";

/// One session with a fault at one step of the client's or the server's connection. Whatever happens: nobody hangs,
/// nothing but a posthouse::Error comes out of the client, nothing at all out of the server, and a message the client
/// was told is accepted is there, once.
void session_with_fault(test::FaultPlan& plan, bool at_server, bool tls) {
  MemoryBackend backend;
  const ServerOptions server = server_options(tls);
  auto [near, far] = net::memory_pipe();
  if (at_server) {
    far = test::with_faults(std::move(far), plan);
  } else {
    near = test::with_faults(std::move(near), plan);
  }
  bool told = false;
  {
    net::Scope scope;
    scope.spawn([&, far = std::move(far)]() mutable {
      serve_session(far, server, backend);
      far.close();
    });
    try {
      Client client(std::move(near), "mx.one.test", client_options(tls));
      client.send("a@load.test", {"ann@one.test", "unknown@one.test", "bob@one.test"}, message);
      told = true;
      client.quit();
    } catch (const posthouse::Error&) {
      EXPECT_TRUE(plan.fired());
    }
    scope.join();
  }
  EXPECT_EQ(backend.open_transactions, 0);
  EXPECT_LE(backend.messages.size(), 1U);
  if (told) {
    ASSERT_EQ(backend.messages.size(), 1U);
    EXPECT_EQ(backend.messages[0].bytes, message);
    EXPECT_EQ(backend.messages[0].envelope.recipients.size(), 2U);
  }
  EXPECT_TRUE(told || plan.fired());
}

TEST(Together, WhatTheSenderAsksToBeToldComesThrough) {
  net::run([] {
    MemoryBackend backend;
    auto [near, far] = net::memory_pipe();
    net::Scope scope;
    scope.spawn([&, far = std::move(far)]() mutable { serve_session(far, server_options(false), backend); });
    Client client(std::move(near), "mx.one.test", client_options(false));
    Envelope envelope{.reverse_path = "a@load.test",
                      .recipients = {"bob@one.test", "unknown@one.test", "ann@one.test", "cy@one.test"}};
    envelope.ret = Ret::full;
    envelope.envid = "=+ QQ";
    envelope.recipient_options = {
        {}, {Notify::never(), {}}, {*Notify::parse("SUCCESS,DELAY"), "utf-8;张+@one.test"}, {}};
    EXPECT_TRUE(client.send(envelope, message).dsn);
    client.send("a@load.test", {"ann@one.test"}, message);
    client.quit();
    scope.join();
    ASSERT_EQ(backend.messages.size(), 2U);
    const Envelope& got = backend.messages[0].envelope;
    EXPECT_EQ(got.ret, Ret::full);
    EXPECT_EQ(got.envid, "=+ QQ");
    ASSERT_EQ(got.recipients.size(), 3U);
    ASSERT_EQ(got.recipient_options.size(), 3U);
    EXPECT_FALSE(got.options_of(0).notify.said());
    EXPECT_EQ(got.options_of(1).notify, Notify::parse("SUCCESS,DELAY"));
    EXPECT_EQ(got.options_of(1).orcpt, "utf-8;张+@one.test");
    EXPECT_FALSE(got.options_of(2).notify.said());
    const Envelope& next = backend.messages[1].envelope;
    EXPECT_FALSE(next.ret || !next.envid.empty() || !next.recipient_options.empty()) << "nothing is left of the last";
  });
}

TEST(Together, EveryStepMeetsEachFault) {
  net::run([] {
    for (const bool at_server : {false, true}) {
      const std::size_t runs =
          test::for_each_fault([&](test::FaultPlan& plan) { session_with_fault(plan, at_server, false); });
      EXPECT_GT(runs, 20U);
    }
  });
}

TEST(Together, EveryStepMeetsEachFaultUnderTls) {
  net::run([] {
    for (const bool at_server : {false, true}) {
      test::for_each_fault([&](test::FaultPlan& plan) { session_with_fault(plan, at_server, true); });
    }
  });
}

TEST(Together, WorksInPlainThreads) {
  test::FaultPlan none;
  for (const bool tls : {false, true}) {
    session_with_fault(none, false, tls);
  }
}

/// A TCP server with one fiber a connection while `clients` runs.
void with_tcp_server(const ServerOptions& options, Backend& backend,
                     const std::function<void(std::uint16_t port)>& clients, unsigned loops = 1) {
  net::run(
      [&] {
        net::Listener listener = net::listen("127.0.0.1:0");
        const std::uint16_t port = listener.local_address().port();
        net::Scope scope;
        scope.spawn(
            [&] { net::serve(listener, [&](net::Stream& stream) { serve_session(stream, options, backend); }); });
        clients(port);
        listener.close();
        scope.join();
      },
      {.loops = loops});
}

TEST(Together, SubmissionOverTcp) {
  ServerOptions options = server_options(true);
  options.kind = Kind::submission;
  for (const bool implicit : {false, true}) {
    options.implicit_tls = implicit;
    MemoryBackend backend;
    with_tcp_server(options, backend, [&](std::uint16_t port) {
      ClientOptions with = client_options(true);
      if (implicit) {
        with.tls = Tls::implicit;
      }
      Client client = Client::connect("localhost", port, with);
      EXPECT_TRUE(client.secure());
      EXPECT_THROW(client.login("ann@one.test", "wrong"), Error);
      client.login("ann@one.test", "geheim");
      EXPECT_TRUE(client.send("ann@one.test", {"x@two.test"}, message).complete());
      client.quit();
    });
    ASSERT_EQ(backend.messages.size(), 1U);
    EXPECT_EQ(backend.messages[0].user, "ann@one.test");
    EXPECT_EQ(backend.messages[0].protocol, "ESMTPSA");
    EXPECT_EQ(backend.messages[0].bytes, message);
  }
}

TEST(Together, BigMessagesAndAllOctets) {
  std::string big;
  for (int i = 0; big.size() < 3'000'000; ++i) {
    char c = static_cast<char>(i * 7);
    if (c == '\r' || c == '\n') {
      c = '.';
    }
    big += c;
    if (i % 61 == 0) {
      big += "\r\n";
    }
  }
  big += "\r\n";
  MemoryBackend backend;
  with_tcp_server(server_options(false), backend, [&](std::uint16_t port) {
    Client client = Client::connect("127.0.0.1", port, client_options(false));
    client.send("a@load.test", {"ann@one.test"}, big);
    Envelope envelope;
    envelope.recipients = {"ann@one.test"};
    client.send(envelope, [&](const auto& write) {
      for (std::string_view rest = big; !rest.empty(); rest.remove_prefix(std::min<std::size_t>(rest.size(), 4099))) {
        write(rest.substr(0, 4099));
      }
    });
    client.quit();
  });
  ASSERT_EQ(backend.messages.size(), 2U);
  EXPECT_EQ(backend.messages[0].bytes, big);
  EXPECT_EQ(backend.messages[1].bytes, big);
}

TEST(Together, HundredsOfSessionsAtOnce) {
  constexpr int sessions = 300, messages_each = 3;
  MemoryBackend backend;
  std::atomic<int> open = 0;
  with_tcp_server(
      server_options(true), backend,
      [&](std::uint16_t port) {
        net::Scope scope;
        net::Event all_there;
        for (int i = 0; i < sessions; ++i) {
          scope.spawn_on(static_cast<unsigned>(i), [&, i, port] {
            // Every tenth under TLS.
            Client client = Client::connect("127.0.0.1", port, client_options(i % 10 == 0));
            if (++open == sessions) {
              all_there.set();
            }
            all_there.wait();
            for (int k = 0; k < messages_each; ++k) {
              const std::string id = std::to_string(i) + '.' + std::to_string(k);
              client.send("a@load.test", {"ann@one.test"}, "Subject: " + id + "\r\n\r\n" + message);
            }
            client.quit();
          });
        }
        scope.join();
      },
      2);
  std::set<std::string> subjects;
  for (const auto& received : backend.messages) {
    subjects.insert(received.bytes.substr(0, received.bytes.find('\r')));
  }
  EXPECT_EQ(backend.messages.size(), static_cast<std::size_t>(sessions * messages_each));
  EXPECT_EQ(subjects.size(), backend.messages.size());
  EXPECT_EQ(backend.open_transactions, 0);
}

TEST(Together, OpportunisticGoesOnWithoutTlsWhereItFails) {
  // A server that offers STARTTLS and cannot do it.
  net::run([] {
    net::Listener listener = net::listen("127.0.0.1:0");
    const std::uint16_t port = listener.local_address().port();
    MemoryBackend backend;
    const ServerOptions options = server_options(false);
    net::Scope scope;
    scope.spawn([&] {
      {
        net::Stream stream = listener.accept();
        stream.write("220 x\r\n");
        stream.read_line();
        stream.write("250-x\r\n250 STARTTLS\r\n");
        stream.read_line();
        stream.write("220 go\r\n");
        stream.fill();
        stream.write("this is no TLS\r\n");
      }
      net::Stream stream = listener.accept();
      serve_session(stream, options, backend);
    });
    ClientOptions with;
    with.opportunistic = true;
    Client client = Client::connect("127.0.0.1", port, with);
    EXPECT_FALSE(client.secure());
    client.send("a@load.test", {"ann@one.test"}, message);
    client.quit();
    scope.join();
    EXPECT_EQ(backend.messages.size(), 1U);
  });
}

TEST(Together, OpportunisticTakesAnyCertificate) {
  MemoryBackend backend;
  with_tcp_server(server_options(true), backend, [&](std::uint16_t port) {
    ClientOptions with;
    with.opportunistic = true;
    Client client = Client::connect("127.0.0.1", port, with);
    EXPECT_TRUE(client.secure());
    EXPECT_FALSE(client.stream().tls()->verified);
  });
}

TEST(Together, SaysThatNobodyListens) {
  std::uint16_t port = 0;
  {
    net::Listener listener = net::listen("127.0.0.1:0");
    port = listener.local_address().port();
  }
  try {
    Client::connect("127.0.0.1", port, client_options(false));
    FAIL();
  } catch (const net::Error& error) {
    EXPECT_EQ(error.errc(), net::Errc::refused);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("127.0.0.1"));
  }
}

}  // namespace
}  // namespace posthouse::smtp
