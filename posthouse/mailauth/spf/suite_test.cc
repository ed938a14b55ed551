// SPF against suites that others have written: openspf's (rfc7208-tests) and a second one in a form of its own. They are read
// from the shared corpus.
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include "posthouse/mailauth/spf/check.h"
#include "posthouse/mailauth/testing/zone_resolver.h"
#include "posthouse/mime/testing/corpus/corpus.h"

namespace posthouse::mailauth {
namespace {

using mime::corpus;
using mime::files_in;

/// Fills a resolver with the zonedata of an openspf suite. As that suite has it: records of type SPF stand for TXT records
/// where the name has none, and TIMEOUT is what any other question to the name comes to.
void add_zone(testing::ZoneResolver& resolver, const YAML::Node& zonedata) {
  for (const auto& entry : zonedata) {
    const std::string name = entry.first.as<std::string>();
    resolver.name(name);
    std::vector<std::string> texts;
    std::vector<std::string> spf_texts;
    bool has_text = false;
    for (const auto& record : entry.second) {
      if (record.IsScalar()) {
        resolver.timeout(name);
        continue;
      }
      const std::string type = record.begin()->first.as<std::string>();
      const YAML::Node value = record.begin()->second;
      if (type == "TXT" || type == "SPF") {
        // Several strings are one text; the emptiest record has none.
        std::string rdata;
        if (value.IsSequence()) {
          for (const auto& piece : value) {
            rdata += net::txt_rdata(piece.as<std::string>());
          }
        } else {
          rdata = net::txt_rdata(value.as<std::string>());
        }
        has_text = has_text || type == "TXT";
        if (type == "SPF") {
          spf_texts.push_back(rdata);
        } else if (rdata != net::txt_rdata("NONE")) {
          texts.push_back(rdata);
        }
      } else if (type == "A" || type == "AAAA") {
        resolver.address(name, value.as<std::string>());
      } else if (type == "MX") {
        resolver.mx(name, value[0].as<std::uint16_t>(), value[1].as<std::string>());
      } else if (type == "PTR") {
        resolver.ptr(name, value.as<std::string>());
      } else if (type == "CNAME") {
        resolver.cname(name, value.as<std::string>());
      } else {
        ADD_FAILURE() << "what is a record " << type << '?';
      }
    }
    for (const std::string& rdata : has_text ? texts : spf_texts) {
      resolver.add(name, net::DnsType::txt, rdata);
    }
  }
}

/// Expects of one test of an openspf suite what it says.
void play(const std::string& name, const YAML::Node& test, testing::ZoneResolver& resolver) {
  const SpfQuery query = spf_mail_from(net::Address(test["host"].as<std::string>(), 0), test["helo"].as<std::string>(),
                                       test["mailfrom"].as<std::string>());
  const SpfOutcome outcome = check_host(query, resolver);
  std::set<std::string> expected;
  if (test["result"].IsSequence()) {
    for (const auto& each : test["result"]) {
      expected.insert(each.as<std::string>());
    }
  } else {
    expected.insert(test["result"].as<std::string>());
  }
  std::ostringstream steps;
  for (const std::string& step : outcome.steps) {
    steps << "\n  " << step;
  }
  EXPECT_TRUE(expected.contains(std::string(to_string(outcome.verdict))))
      << name << ": " << to_string(outcome.verdict) << ", " << outcome.reason << steps.str();
  if (const YAML::Node explanation = test["explanation"]) {
    const auto text = explanation.as<std::string>();
    EXPECT_EQ(outcome.explanation, text == "DEFAULT" ? "" : text) << name << steps.str();
  }
}

TEST(SpfSuite, Openspf) {
  POSTHOUSE_NEEDS_CORPUS("spf");
  std::size_t count = 0;
  for (const auto& file : files_in("spf", ".yml")) {
    for (const YAML::Node& scenario : YAML::LoadAllFromFile(file.string())) {
      if (!scenario["tests"]) {
        continue;
      }
      testing::ZoneResolver resolver;
      add_zone(resolver, scenario["zonedata"]);
      for (const auto& test : scenario["tests"]) {
        play(test.first.as<std::string>(), test.second, resolver);
        ++count;
      }
    }
  }
  EXPECT_GE(count, 100U);
}

/// "spf: example.com v=spf1 -all" of the second suite's records.
void add_record(testing::ZoneResolver& resolver, const std::string& type, const std::string& text) {
  std::istringstream words(text);
  std::string name;
  words >> name >> std::ws;
  std::string rest;
  std::getline(words, rest);
  if (type == "spf" || type == "txt" || type == "exp") {
    resolver.txt(name, rest);
    return;
  }
  std::vector<std::string> items;
  std::replace(rest.begin(), rest.end(), ',', ' ');
  std::istringstream values(rest);
  for (std::string value; values >> value;) {
    items.push_back(value);
  }
  std::uint16_t preference = 0;
  for (const std::string& item : items) {
    if (type == "a" || type == "aaaa") {
      resolver.address(name, item);
    } else if (type == "mx") {
      // The addresses of its hosts, which have no names there.
      resolver.mx(name, preference = static_cast<std::uint16_t>(preference + 10), item + ".mx." + name);
      resolver.address(item + ".mx." + name, item);
    } else if (type == "ptr") {
      resolver.ptr(net::reverse_name(net::Address(name, 0)), item);
    } else {
      ADD_FAILURE() << "what is a record " << type << '?';
    }
  }
}

TEST(SpfSuite, Second) {
  POSTHOUSE_NEEDS_CORPUS("mail-auth-2/spf");
  std::size_t count = 0;
  for (const auto& file : files_in("mail-auth-2/spf", ".yml")) {
    for (const YAML::Node& scenario : YAML::LoadAllFromFile(file.string())) {
      if (!scenario["tests"]) {
        continue;
      }
      testing::ZoneResolver resolver;
      for (const auto& record : scenario["records"]) {
        add_record(resolver, record.first.as<std::string>(), record.second.as<std::string>());
      }
      for (const YAML::Node& test : scenario["tests"]) {
        const bool has_sender = test["sender"] && test["sender"].IsScalar();
        const SpfQuery query =
            spf_mail_from(net::Address(test["ip"].as<std::string>(), 0), test["domain"].as<std::string>(),
                          has_sender ? test["sender"].as<std::string>() : std::string());
        for (const std::string& name : {query.domain, std::string("_dns_error.test.org")}) {
          if (name.starts_with("_dns_error")) {
            resolver.timeout(name);
          }
        }
        // That suite does not count void look-ups, and looks at HELO first.
        SpfOutcome outcome = check_host(spf_helo(query.ip, query.helo), resolver, {.void_lookups = 100});
        if (outcome.verdict != Verdict::fail || query.domain == query.helo) {
          outcome = check_host(query, resolver, {.void_lookups = 100});
        }
        std::ostringstream steps;
        for (const std::string& step : outcome.steps) {
          steps << "\n  " << step;
        }
        std::string expected = test["expect"].as<std::string>();
        const std::string scenario_name = scenario["name"].as<std::string>();
        if (scenario_name == "All test" && query.sender == "sender@test.org" && query.ip.ip() == "10.0.0.1") {
          expected = "permerror";  // section 4.6: the error behind "-all" counts, too
        } else if (scenario_name == "Macro expansion 2" && query.ip.ip() == "2001:db8::cb01" &&
                   query.domain == "email.example.com") {
          expected = "fail";  // section 5.7: exists asks for A records, whatever the client
        } else if (scenario_name == "IPv6 match" && query.ip.ip() == "10.1.2.3") {
          expected = "fail";  // section 5: a client of IPv4 matches no ip6, not even that of a mapped address
        }
        std::string got(to_string(outcome.verdict));
        if (expected.find(' ') != std::string::npos) {
          got += ' ' + outcome.explanation;
        }
        EXPECT_EQ(got, expected) << file.filename() << ", " << scenario_name << ", " << query.ip.ip() << " for "
                                 << query.sender << steps.str();
        ++count;
      }
    }
  }
  EXPECT_GE(count, 50U);
}

}  // namespace
}  // namespace posthouse::mailauth
