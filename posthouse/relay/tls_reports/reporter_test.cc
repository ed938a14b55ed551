// What is counted is written down, and told to whoever wants to know, once.
#include "posthouse/relay/tls_reports/reporter.h"

#include <atomic>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/mime/mime.h"
#include "posthouse/relay/testing.h"
#include "posthouse/store/testing.h"

namespace posthouse::relay {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

/// Knows texts.
class TextResolver final : public net::Resolver {
 public:
  std::map<std::string, std::string> texts;
  std::string silent{};  // a name nobody answers for
  std::vector<net::Address> addresses(const std::string&, std::uint16_t, net::Deadline) override { return {}; }
  net::DnsAnswer<std::string> query(const std::string& name, net::DnsType, net::Deadline) override {
    const auto found = texts.find(name);
    if (found == texts.end()) {
      throw net::Error(net::Errc::name_not_found, "no such name", {.retryable = name == silent});
    }
    return {.records = {net::txt_rdata(found->second)}};
  }
};

TlsSession session(const std::string& domain, const std::string& failure = {}) {
  return {.domain = domain,
          .policy = PolicyKind::dane,
          .policy_lines = {"3 1 1 abcd", "2 0 1 ef"},
          .host = "mx." + domain,
          .address = "192.0.2.1",
          .local_address = "192.0.2.9",
          .failure = failure,
          .reason = failure.empty() ? "" : "because"};
}

class TlsReporterTest : public store::OnEachEngine {
 protected:
  void in_house(const std::function<void()>& test) {
    net::run([&] {
      store = net::blocking([&] {
        store::StoreOptions options = this->options(false);
        options.migrations = {queue::migrations(), tls_report_migrations()};
        options.references = queue::references();
        auto opened = store::Store::open(options);
        opened->accounts().add_domain("one.test");
        opened->accounts().add_account("ann@one.test", "secret words");
        return opened;
      });
      test();
      store.reset();
    });
  }
  TlsReporterOptions reporting() {
    TlsReporterOptions chosen{.organization = "One", .contact = "ann@one.test", .from = "tls@one.test"};
    chosen.sign = [](std::string_view) { return "X-Signature: yes\r\n"; };
    chosen.post = [this](const std::string& uri, const std::string& octets) {
      posted.push_back(uri + ' ' + std::to_string(mailauth::read_tls_reports(octets).size()));
    };
    return chosen;
  }
  std::function<queue::Moment()> clock() {
    return [this] { return queue::Moment(std::chrono::sys_days(std::chrono::year(2026) / 2 / 3) + hours.load() * 1h); };
  }
  std::vector<queue::Listed> queued() { return queue::list(*store); }
  std::string letter(const queue::Listed& listed) {
    return store->messages().load(store::MessageId(listed.message_id), store::Audience::next_hop);
  }

  std::shared_ptr<store::Store> store;
  TextResolver resolver;
  std::vector<std::string> posted;
  std::atomic<int> hours{10};
};

INSTANTIATE_TEST_SUITE_P(Engine, TlsReporterTest, ::testing::ValuesIn(sql::engines()), sql::engine_name);

TEST_P(TlsReporterTest, ADayIsReportedOnceWhenItIsOver) {
  in_house([&] {
    resolver.texts["_smtp._tls.two.test"] = "v=TLSRPTv1; rua=mailto:reports@two.test,https://two.test/tls";
    TlsReporter reporter(store, resolver, reporting(), clock());
    TlsReporter other(store, resolver, reporting(), clock());
    reporter.count(session("two.test"));
    reporter.count(session("two.test"));
    reporter.flush();
    other.count(session("two.test"));
    other.count(session("two.test", "validation-failure"));
    other.count(session("three.test"));  // which wants no reports
    other.flush();
    EXPECT_EQ(reporter.send_due(), 0U) << "the day is not over";
    hours = 25;
    EXPECT_EQ(reporter.send_due(), 1U);
    EXPECT_EQ(other.send_due(), 0U) << "each goes once";
    ASSERT_THAT(queued(), SizeIs(1));
    EXPECT_EQ(queued()[0].recipient, "reports@two.test");
    EXPECT_THAT(posted, ElementsAre("https://two.test/tls 1"));

    const std::string text = letter(queued()[0]);
    EXPECT_THAT(text, StartsWith("X-Signature: yes\r\n"));
    const auto reports = mailauth::read_tls_reports(mime::Message::parse(text));
    ASSERT_THAT(reports, SizeIs(1));
    EXPECT_EQ(reports[0].organization, "One");
    EXPECT_EQ(reports[0].begin, std::chrono::sys_days(std::chrono::year(2026) / 2 / 3));
    ASSERT_THAT(reports[0].policies, SizeIs(1));
    const mailauth::TlsPolicyResult& policy = reports[0].policies[0];
    EXPECT_EQ(policy.type, "tlsa");
    EXPECT_EQ(policy.succeeded, 3U);
    EXPECT_EQ(policy.failed, 1U);
    EXPECT_THAT(policy.policy, ElementsAre("3 1 1 abcd", "2 0 1 ef"));
    ASSERT_THAT(policy.failures, SizeIs(1));
    EXPECT_EQ(policy.failures[0].mx, "mx.two.test");
    EXPECT_EQ(policy.failures[0].reason, "because");
  });
}

TEST_P(TlsReporterTest, ADomainOfTheHouseGetsItsReportInAMailbox) {
  in_house([&] {
    resolver.texts["_smtp._tls.two.test"] = "v=TLSRPTv1; rua=mailto:ann@one.test,mailto:nobody@one.test";
    TlsReporter reporter(store, resolver, reporting(), clock());
    reporter.count(session("two.test"));
    reporter.flush();
    hours = 30;
    EXPECT_EQ(reporter.send_due(), 1U);
    EXPECT_THAT(queued(), IsEmpty());
  });
}

TEST_P(TlsReporterTest, ADnsThatIsSilentIsAskedAgainForThreeDays) {
  in_house([&] {
    resolver.silent = "_smtp._tls.two.test";
    const auto rows = [&] {
      return store->read([](store::Read& read) {
        return store::own_tables(read).query_one<std::int64_t>("SELECT COUNT(*) FROM tls_session");
      });
    };
    TlsReporter reporter(store, resolver, reporting(), clock());
    reporter.count(session("two.test"));
    reporter.count(session("three.test"));
    reporter.flush();
    hours = 3 * 24 + 1;
    EXPECT_EQ(reporter.send_due(), 0U);
    EXPECT_EQ(rows(), 1) << "the other domain has no record";
    hours = 5 * 24;
    EXPECT_EQ(reporter.send_due(), 0U);
    EXPECT_EQ(rows(), 0);
  });
}

TEST_P(TlsReporterTest, WhatStrangersSayDoesNotGrow) {
  in_house([&] {
    TlsReporter reporter(store, resolver, reporting(), clock());
    TlsSession odd = session("two.test", "validation-failure");
    odd.reason = std::string(5000, '\xFF');
    odd.policy_lines = std::vector<std::string>(1000, std::string(100, 'x'));
    odd.mx_patterns = {std::string(5000, 'y')};
    reporter.count(odd);
    reporter.flush();
    const auto kept = store->read([](store::Read& read) {
      return sessions_of(store::own_tables(read), {std::chrono::sys_days(std::chrono::year(2026) / 2 / 3), "two.test"});
    });
    ASSERT_THAT(kept, SizeIs(1));
    EXPECT_EQ(kept[0].session.reason, std::string(300, '?'));
    EXPECT_THAT(kept[0].session.policy_lines, SizeIs(39));
    EXPECT_THAT(kept[0].session.mx_patterns, IsEmpty());
  });
}

TEST_P(TlsReporterTest, WhatWasCountedIsWrittenDownAtTheEnd) {
  in_house([&] {
    for (const bool cancels : {false, true}) {
      TlsReporter reporter(store, resolver, reporting(), clock());
      net::Scope scope;
      scope.spawn([&] { reporter.run(); });
      net::yield();
      reporter.count(session("two.test"));
      cancels ? scope.cancel() : reporter.stop();
      try {
        scope.join();
      } catch (const net::Error& error) {
        EXPECT_TRUE(cancels && net::is_canceled(error));
      }
    }
    EXPECT_EQ(store->read([](store::Read& read) {
      return store::own_tables(read).query_one<std::int64_t>("SELECT SUM(sessions) FROM tls_session");
    }),
              2);
  });
}

}  // namespace
}  // namespace posthouse::relay
