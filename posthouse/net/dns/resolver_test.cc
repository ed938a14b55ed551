#include "posthouse/net/dns/resolver.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "posthouse/base/text.h"
#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr int type_a = 1;
constexpr int type_cname = 5;
constexpr int type_mx = 15;
constexpr int type_aaaa = 28;

std::string be16(unsigned value) {
  return {static_cast<char>(value >> 8U), static_cast<char>(value & 255U)};
}

std::string mx_data(unsigned preference, const std::string& exchange) {
  return to_rdata(MxRecord{static_cast<std::uint16_t>(preference), exchange});
}

// What the server says to one question: a response code and records, or octets as they are, or nothing at all.
struct Reply {
  int rcode = 0;
  std::vector<std::pair<int, std::string>> records{};  ///< type and RDATA
  std::string raw{};                                   ///< instead of the whole message behind its identifier
  bool silent = false;
};

// A DNS server on 127.0.0.1 that has a canned answer for each name and type, and NXDOMAIN for all else.
class DnsServer {
 public:
  DnsServer() {
    socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("cannot bind the DNS server of the test");
    }
    port_ = ntohs(address.sin_port);
    stop_ = ::eventfd(0, EFD_CLOEXEC);
    thread_ = std::thread([this] { serve(); });
  }
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;
  ~DnsServer() {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(stop_, &one, sizeof one));
    thread_.join();
    ::close(socket_);
    ::close(stop_);
  }

  void say(const std::string& name, int type, Reply reply) {
    const std::lock_guard lock(mutex_);
    replies_[{name, type}] = std::move(reply);
  }
  ResolverOptions options() const { return {.server = "127.0.0.1:" + std::to_string(port_), .trust_anchors = ""}; }
  int questions() const { return questions_; }

 private:
  void serve() {
    for (;;) {
      pollfd files[] = {{socket_, POLLIN, 0}, {stop_, POLLIN, 0}};
      ::poll(files, 2, -1);
      if (files[1].revents != 0) {
        return;
      }
      char buffer[1500];
      sockaddr_in peer{};
      socklen_t size = sizeof peer;
      const ssize_t got = ::recvfrom(socket_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&peer), &size);
      if (got < 17) {
        continue;
      }
      const std::string answer = respond({buffer, static_cast<std::size_t>(got)});
      if (!answer.empty()) {
        ::sendto(socket_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&peer), size);
      }
    }
  }

  std::string respond(const std::string& query) {
    ++questions_;
    std::string name;
    std::size_t at = 12;
    while (at < query.size() && query[at] != 0) {
      if (!name.empty()) {
        name += '.';
      }
      name += to_lower(query.substr(at + 1, static_cast<unsigned char>(query[at])));
      at += 1 + static_cast<unsigned char>(query[at]);
    }
    const int type = static_cast<unsigned char>(query[at + 1]) << 8 | static_cast<unsigned char>(query[at + 2]);
    const std::string question = query.substr(12, at + 5 - 12);
    Reply reply{.rcode = 3};
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = replies_.find({name, type}); found != replies_.end()) {
        reply = found->second;
      }
    }
    if (reply.silent) {
      return {};
    }
    if (!reply.raw.empty()) {
      return query.substr(0, 2) + reply.raw;
    }
    std::string message = query.substr(0, 2) + be16(0x8180U | static_cast<unsigned>(reply.rcode)) + be16(1) +
                          be16(static_cast<unsigned>(reply.records.size())) + be16(0) + be16(0) + question;
    std::string owner = "\xC0\x0C";  // the name in the question
    for (const auto& [kind, data] : reply.records) {
      message += owner + be16(static_cast<unsigned>(kind)) + be16(1) + be16(0) + be16(60) +
                 be16(static_cast<unsigned>(data.size())) + data;
      if (kind == type_cname) {
        owner = data;
      }
    }
    return message;
  }

  int socket_ = -1;
  int stop_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> questions_{0};
  std::mutex mutex_;
  std::map<std::pair<std::string, int>, Reply> replies_;
  std::thread thread_;
};

// What a look-up threw: "not found", "later" (retryable), "timeout", or the text of something else; "" for nothing.
std::string failure_of(const std::function<void()>& look_up) {
  try {
    look_up();
    return "";
  } catch (const Error& error) {
    if (error.errc() == Errc::timeout) {
      return error.retryable() ? "timeout" : "timeout, not retryable";
    }
    if (error.errc() == Errc::name_not_found) {
      return error.retryable() ? "later" : "not found";
    }
    return error.what();
  }
}

class ResolverTest : public ::testing::Test {
 protected:
  std::vector<MxRecord> mx(const std::string& domain) { return resolver_.mx(domain, 60s).records; }
  DnsServer server_;
  SystemResolver resolver_{server_.options()};
};

TEST_F(ResolverTest, MxRecordsComeByPreference) {
  server_.say("one.test", type_mx,
              {.records = {{type_mx, mx_data(30, "c.one.test")},
                           {type_mx, mx_data(10, "A.One.Test")},
                           {type_mx, mx_data(65535, "d.one.test")},
                           {type_mx, mx_data(20, "b.one.test")}}});
  const std::vector<MxRecord> wanted = {
      {10, "a.one.test"}, {20, "b.one.test"}, {30, "c.one.test"}, {65535, "d.one.test"}};
  EXPECT_EQ(mx("one.test"), wanted);
  EXPECT_EQ(mx("ONE.test."), wanted);
  run([&] { EXPECT_EQ(mx("one.test"), wanted); });
  EXPECT_EQ(server_.questions(), 1) << "answers are cached";
  EXPECT_FALSE(is_null_mx(wanted));
}

TEST_F(ResolverTest, EqualPreferencesComeInRandomOrder) {
  server_.say("two.test", type_mx, {.records = {{type_mx, mx_data(10, "a.test")}, {type_mx, mx_data(10, "b.test")}}});
  std::set<std::string> first;
  for (int i = 0; i < 200 && first.size() < 2; ++i) {
    first.insert(mx("two.test").front().exchange);
  }
  EXPECT_EQ(first.size(), 2U);
}

TEST_F(ResolverTest, NamesThatDoNotExist) {
  EXPECT_EQ(failure_of([&] { mx("none.test"); }), "not found");
  EXPECT_EQ(failure_of([&] { mx(""); }), "not found");
  EXPECT_EQ(failure_of([&] { mx(std::string(300, 'a')); }), "not found");
  EXPECT_EQ(failure_of([&] { mx("a..test"); }), "not found");
  EXPECT_EQ(failure_of([&] { mx(std::string(70, 'a') + ".test"); }), "not found");
}

TEST_F(ResolverTest, DomainsWithoutMx) {
  server_.say("host.test", type_mx, {});
  EXPECT_THAT(mx("host.test"), IsEmpty());
}

TEST_F(ResolverTest, NullMx) {
  server_.say("null.test", type_mx, {.records = {{type_mx, mx_data(0, ".")}}});
  EXPECT_TRUE(is_null_mx(mx("null.test")));
  // Beside others it says nothing.
  server_.say("odd.test", type_mx, {.records = {{type_mx, mx_data(0, ".")}, {type_mx, mx_data(5, "a.test")}}});
  EXPECT_THAT(mx("odd.test"), ElementsAre(MxRecord{5, "a.test"}));
  EXPECT_FALSE(is_null_mx({}));
}

TEST_F(ResolverTest, ServerFailures) {
  server_.say("fail.test", type_mx, {.rcode = 2});
  EXPECT_EQ(failure_of([&] { mx("fail.test"); }), "later");
  server_.say("refused.test", type_mx, {.rcode = 5});
  EXPECT_EQ(failure_of([&] { mx("refused.test"); }), "later");
}

TEST_F(ResolverTest, SilenceEndsAtTheDeadline) {
  server_.say("silent.test", type_mx, {.silent = true});
  EXPECT_EQ(failure_of([&] { resolver_.mx("silent.test", 20ms); }), "timeout");
  run([&] {
    EXPECT_EQ(failure_of([&] { resolver_.mx("silent.test", 20ms); }), "timeout");
    EXPECT_EQ(failure_of([&] { resolver_.addresses("127.0.0.1", 25, 0s); }), "");
  });
}

TEST_F(ResolverTest, ALookUpCanBeCanceled) {
  server_.say("silent.test", type_mx, {.silent = true});
  run([&] {
    Scope scope;
    bool canceled = false;
    scope.spawn([&] {
      try {
        resolver_.mx("silent.test");
      } catch (const Error& error) {
        canceled = error.errc() == Errc::canceled;
      }
    });
    yield();
    scope.cancel();
    scope.join();
    EXPECT_TRUE(canceled);
  });
}

TEST_F(ResolverTest, MalformedMessages) {
  const std::string question = host_name_rdata("bad.test") + be16(type_mx) + be16(1);
  const std::string header = be16(0x8180) + be16(1) + be16(1) + be16(0) + be16(0);
  const std::string record = "\xC0\x0C" + be16(type_mx) + be16(1) + be16(0) + be16(60);
  const std::vector<std::string> messages = {
      "x",
      be16(0x8180),
      header,                                                         // nothing follows
      header + question,                                              // its record is missing
      header + question + record + be16(500) + mx_data(1, "a.test"),  // longer than the message
      header + question + record + be16(1) + "\x01",                  // too short for MX
      header + question + record + be16(4) + be16(1) + "\xC0\xFF",    // points behind the end
      header + question + std::string("\xC0\x1A", 2) + record.substr(2) + be16(4) + be16(1) + "\xC0\x0C",  // to itself
      be16(0x8180) + be16(9000) + be16(9000) + be16(9000) + be16(9000) + question,  // absurd counts
      be16(0x0100) + be16(1) + be16(1) + be16(0) + be16(0) + question,              // no answer at all
      std::string(1200, '\xFF'),
  };
  for (std::size_t i = 0; i < messages.size(); ++i) {
    server_.say("bad.test", type_mx, {.raw = messages[i]});
    SystemResolver fresh(server_.options());
    const std::string failure = failure_of([&] { fresh.mx("bad.test", 200ms); });
    EXPECT_TRUE(failure == "timeout" || failure == "later") << i << ": " << failure;
  }
  server_.say("good.test", type_mx, {.records = {{type_mx, mx_data(1, "a.test")}}});
  EXPECT_EQ(mx("good.test").size(), 1U);
}

TEST_F(ResolverTest, ExchangesThatAreNoHosts) {
  const std::string evil = be16(5) +
                           "\x05"
                           "a b\r\n" +
                           host_name_rdata("test");
  const std::string dotted = be16(5) +
                             "\x03"
                             "a.b" +
                             host_name_rdata("test");
  server_.say("evil.test", type_mx,
              {.records = {{type_mx, evil}, {type_mx, mx_data(7, "ok_1.test")}, {type_mx, dotted}}});
  EXPECT_THAT(mx("evil.test"), ElementsAre(MxRecord{7, "ok_1.test"}));
  server_.say("worse.test", type_mx, {.records = {{type_mx, evil}}});
  EXPECT_EQ(failure_of([&] { mx("worse.test"); }), "not found");
}

TEST_F(ResolverTest, AliasesAreFollowed) {
  server_.say("alias.test", type_mx,
              {.records = {{type_cname, host_name_rdata("real.test")}, {type_mx, mx_data(1, "mx.real.test")}}});
  server_.say("real.test", type_mx, {.records = {{type_mx, mx_data(1, "mx.real.test")}}});
  EXPECT_THAT(mx("alias.test"), ElementsAre(MxRecord{1, "mx.real.test"}));
}

TEST_F(ResolverTest, NamesOfOtherLettersAreAskedForAsALabels) {
  server_.say("mail.xn--bcher-kva.test", type_mx, {.records = {{type_mx, mx_data(1, "a.test")}}});
  EXPECT_THAT(mx("mail.bücher.test"), ElementsAre(MxRecord{1, "a.test"}));
  EXPECT_THAT(mx("MAIL.BÜCHER.TEST"), ElementsAre(MxRecord{1, "a.test"}));
  run([&] { EXPECT_THAT(mx("mail.bücher.test"), ElementsAre(MxRecord{1, "a.test"})); });
  EXPECT_EQ(failure_of([&] { mx("a\u2028b.test"); }), "not found");
}

TEST_F(ResolverTest, SingleFamilies) {
  server_.say("host.test", type_a, {.records = {{type_a, std::string("\xC0\0\2\1", 4)}}});
  server_.say("host.test", type_aaaa, {});
  EXPECT_THAT(resolver_.a("host.test", 60s).records, ElementsAre(Address("192.0.2.1", 0)));
  EXPECT_THAT(resolver_.aaaa("host.test", 60s).records, IsEmpty());
  EXPECT_FALSE(resolver_.a("host.test", 60s).secure());
}

TEST_F(ResolverTest, ServersThatKnowNothingOfDnssec) {
  if (::access(ResolverOptions::root_key, R_OK) != 0) {
    GTEST_SKIP() << "dns-root-data is not installed";
  }
  server_.say("one.test", type_mx, {.records = {{type_mx, mx_data(1, "a.test")}}});
  SystemResolver lenient({.server = server_.options().server});
  EXPECT_FALSE(lenient.mx("one.test", 60s).secure());
  SystemResolver strict({.server = server_.options().server, .require_dnssec = true});
  EXPECT_THAT(failure_of([&] { strict.mx("one.test", 60s); }), HasSubstr("bogus"));
}

TEST_F(ResolverTest, AddressesFromItsOwnServer) {
  const std::string six("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
  server_.say("host.test", type_a,
              {.records = {{type_a, std::string("\xC0\0\2\1", 4)}, {type_a, std::string("\xC0\0\2\2", 4)}}});
  server_.say("host.test", type_aaaa, {.records = {{type_aaaa, six}}});
  const auto found = resolver_.addresses("host.test", 25, 60s);
  EXPECT_THAT(found,
              UnorderedElementsAre(Address("192.0.2.1", 25), Address("192.0.2.2", 25), Address("2001:db8::1", 25)));

  server_.say("four.test", type_a, {.records = {{type_a, std::string("\xC0\0\2\1", 4)}}});
  server_.say("four.test", type_aaaa, {.rcode = 2});
  EXPECT_THAT(resolver_.addresses("four.test", 1, 60s), ElementsAre(Address("192.0.2.1", 1)));

  server_.say("empty.test", type_a, {});
  server_.say("empty.test", type_aaaa, {});
  EXPECT_EQ(failure_of([&] { resolver_.addresses("empty.test", 1, 60s); }), "not found");
  EXPECT_EQ(failure_of([&] { resolver_.addresses("none.test", 1, 60s); }), "not found");
  server_.say("fail.test", type_a, {.rcode = 2});
  server_.say("fail.test", type_aaaa, {});
  EXPECT_EQ(failure_of([&] { resolver_.addresses("fail.test", 1, 60s); }), "later");
}

TEST_F(ResolverTest, ManyAtOnce) {
  constexpr int count = 600;  // more than are asked at a time
  for (int i = 0; i < count; ++i) {
    server_.say("d" + std::to_string(i) + ".test", type_mx,
                {.records = {{type_mx, mx_data(1, "mx" + std::to_string(i) + ".test")}}});
  }
  run([&] {
    Scope scope;
    int good = 0;
    for (int i = 0; i < count; ++i) {
      scope.spawn([&, i] {
        const std::string number = std::to_string(i);
        good += mx("d" + number + ".test").front().exchange == "mx" + number + ".test" ? 1 : 0;
      });
    }
    scope.join();
    EXPECT_EQ(good, count);
  });
}

TEST(Resolver, RefusesAServerThatIsNoAddress) {
  for (const char* server : {"dns.test:53", "127.0.0.1", "127.0.0.1:0", "unix:/run/dns", "x"}) {
    EXPECT_THROW(SystemResolver({.server = server}), Error) << server;
  }
}

TEST(Resolver, RefusesTrustAnchorsThatAreNotThere) {
  EXPECT_THROW(SystemResolver({.trust_anchors = "/nonexistent/root.key"}), Error);
}

TEST(Resolver, AServerThatIsNotThere) {
  SystemResolver resolver({.server = "127.0.0.1:1", .trust_anchors = ""});
  const std::string failure = failure_of([&] { resolver.mx("one.test", 50ms); });
  EXPECT_TRUE(failure == "later" || failure == "timeout") << failure;
}

TEST(Resolver, CanGoAwayWithQuestionsOpen) {
  DnsServer server;
  server.say("silent.test", type_mx, {.silent = true});
  SystemResolver resolver(server.options());
  EXPECT_EQ(failure_of([&] { resolver.mx("silent.test", 1ms); }), "timeout");
}

TEST(SystemAddresses, LiteralsAreNotLookedUp) {
  EXPECT_THAT(system_addresses("127.0.0.1", 25, 0s), ElementsAre(Address("127.0.0.1", 25)));
  EXPECT_THAT(system_addresses("::1", 25, 0s), ElementsAre(Address("::1", 25)));
  EXPECT_THAT(system_addresses("[::1]", 25, 0s), ElementsAre(Address("::1", 25)));
}

TEST(SystemAddresses, FindTheLocalHost) {
  const auto test = [] {
    const auto found = system_addresses("localhost", 25, 60s);
    ASSERT_THAT(found, Not(IsEmpty()));
    for (const Address& address : found) {
      EXPECT_TRUE(address.is_loopback()) << address.to_string();
    }
    SystemResolver resolver;
    EXPECT_EQ(resolver.addresses("localhost", 25, 60s), found);
  };
  test();
  run(test);
}

TEST(SystemAddresses, NamesThatCannotBe) {
  for (const std::string& name : {std::string(), std::string("a\0b", 3), std::string(300, 'x')}) {
    EXPECT_EQ(failure_of([&] { system_addresses(name, 25, 60s); }), "not found");
  }
}

TEST(SystemAddresses, OtherLettersThanAscii) {
  // Of the same meaning to IDNA, hence the same to the resolver: there is no such host, but there could be.
  EXPECT_EQ(failure_of([&] { system_addresses("bücher.invalid", 25, 60s); }), "not found");
  EXPECT_EQ(failure_of([&] { system_addresses("a\xff.test", 25, 60s); }), "not found");
}

// A resolver of a test answers by itself.
class FakeResolver final : public Resolver {
 public:
  std::vector<Address> addresses(const std::string&, std::uint16_t port, Deadline) override {
    return {Address("192.0.2.1", port)};
  }
  DnsAnswer<std::string> query(const std::string& name, DnsType, Deadline) override {
    return {.records = {to_rdata(MxRecord{1, "mx." + name})}};
  }
};

TEST(Resolver, CanBeFaked) {
  FakeResolver fake;
  Resolver& resolver = fake;
  EXPECT_EQ(resolver.addresses(resolver.mx("one.test").front().exchange, 25).front().to_string(), "192.0.2.1:25");
}

}  // namespace
}  // namespace posthouse::net
