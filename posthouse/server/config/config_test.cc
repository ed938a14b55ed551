#include "posthouse/server/config/config.h"

#include <filesystem>
#include <fstream>

#include "tests/support/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/base/units.h"
#include "posthouse/server/addresses/address_settings.h"
#include "posthouse/server/authentication/authentication_settings.h"
#include "posthouse/server/error.h"
#include "posthouse/server/filters/filter_settings.h"
#include "posthouse/server/imap/imap_service.h"
#include "posthouse/server/managesieve/managesieve_service.h"
#include "posthouse/server/pop3/pop3_service.h"
#include "posthouse/server/relay/outbound_tls_settings.h"
#include "posthouse/server/relay/relay_settings.h"
#include "posthouse/server/services.h"
#include "posthouse/server/smtp/local_settings.h"
#include "posthouse/server/smtp/smtp_service.h"
#include "posthouse/server/smtp/submitter.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string refusal(std::string_view text) {
  try {
    Config config = parse_config(text, "p.toml", config_schema());
    complete(config, config_schema());
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::config);
    return error.what();
  }
  return "accepted";
}

TEST(Config, DefaultsAreTheStandardPorts) {
  Config config;
  complete(config, config_schema());
  ASSERT_EQ(config.listeners.size(), 8U);
  EXPECT_EQ(config.listeners[0], (ListenerConfig{"smtp", "*", 25}));
  EXPECT_EQ(config.listeners[4], (ListenerConfig{"imaps", "*", 993}));
  EXPECT_EQ(config.listeners[6], (ListenerConfig{"pop3s", "*", 995}));
  EXPECT_EQ(config.listeners[7], (ListenerConfig{"managesieve", "*", 4190}));
  EXPECT_FALSE(config.hostname.empty());
}

TEST(Config, EveryKeyIsRead) {
  Config config = parse_config(R"(
hostname = "mx.one.test"
data = "/srv/mail"
resolver = "127.0.0.1:5353"
insecure_auth = true
log_level = "debug"
loops = 2
[listen]
smtp = ["127.0.0.1:2525", "[::1]:2525"]
pop3 = "127.0.0.1:0"
[tls]
cert = "c.pem"
key = "k.pem"
[[tls.certificate]]
cert = "c2.pem"
key = "k2.pem"
[[tls.certificate]]
cert = "c3.pem"
key = "k3.pem"
[limits]
message_size = "10MiB"
free_space = "0"
recipients = 100
connections = 500
connections_per_ip = 20
login_penalty = "5s"
soft_errors = 5
errors = 7
hops = 30
[limits.connections_from]
"192.0.2.0/24" = 300
[login]
scram = "prepare"
client_ca = "people.pem"
mechanisms = ["scram-sha-256", "PLAIN"]
mechanisms_at = { imaps = ["PLAIN"], pop3 = "SCRAM-SHA-1" }
[timeouts]
command = "30s"
data = 60
pop3 = "10m"
managesieve = "40m"
stop = "5s"
[changes]
poll = "3s"
listen = "*:7190"
peers = ["192.0.2.2:7190", "[2001:db8::2]:7190"]
secret = "sixteen octets.."
[pop3]
expire = 30
login_delay = "2m"
[sieve]
enabled = false
script_size = "64KiB"
scripts = 5
redirects = 2
vacation_least = "1h"
[smtp]
own_senders = "refuse"
[local]
socket = "/run/mail/submission"
senders = "own"
trusted_users = ["www-data"]
[trusted_networks]
networks = ["192.0.2.0/24"]
senders = ["Scanner@one.test", "@printers.one.test"]
messages_per_hour = 7
[authentication]
verify = false
dmarc = "reject"
dns_trouble = "take"
timeout = "5s"
trusted = ["192.0.2.0/24", "2001:db8::1"]
exempt = ["198.51.100.0/24", "list.test", "ann@two.test"]
sealers = "lists.test"
[queue]
retry_initial = "0.2s"
retry_max = "2h"
expire = "3d"
delay_notice = "0s"
reports_per_sender = 7
connect_timeout = "10s"
connections = 10
connections_per_destination = 2
ip = "ipv4"
source_ipv4 = "192.0.2.7"
[queue.domain."Slow.test"]
retry_max = "6h"
connections = 1
[relay_domains]
"behind.test" = true
"not.test" = false
[sender_routes]
"@one.test" = { host = "unix:/run/lmtp", protocol = "lmtp" }
[outbound_tls]
dane = false
mta_sts = false
ca = "authorities.pem"
[tls_reports]
send = true
from = "tls@one.test"
organization = "One"
contact = "mailto:ops@one.test"
[forwarding]
srs = true
srs_secret_file = "srs.key"
[routes]
"two.test" = "127.0.0.1:2526"
"Three.test" = { host = "[::1]:465", tls = "implicit", ca = "ca.pem" }
"*" = "relay.example"
)",
                               "p.toml", config_schema());
  complete(config, config_schema());
  EXPECT_EQ(config.hostname, "mx.one.test");
  EXPECT_EQ(config.data, "/srv/mail");
  EXPECT_TRUE(config.insecure_auth);
  EXPECT_EQ(config.log_level, "debug");
  EXPECT_EQ(config.loops, 2U);
  EXPECT_THAT(config.listeners,
              ::testing::ElementsAre(ListenerConfig{"smtp", "127.0.0.1", 2525}, ListenerConfig{"smtp", "::1", 2525},
                                     ListenerConfig{"pop3", "127.0.0.1", 0}));
  EXPECT_EQ(config.tls_cert + config.tls_key, "c.pemk.pem");
  ASSERT_EQ(config.more_certificates.size(), 2U);
  EXPECT_EQ(config.more_certificates[0].cert_file + config.more_certificates[1].key_file, "c2.pemk3.pem");
  EXPECT_EQ(config.limits.message_size, 10U << 20);
  EXPECT_EQ(config.limits.free_space, 0U);
  EXPECT_EQ(config.limits.recipients, 100U);
  EXPECT_EQ(config.limits.connections, 500U);
  EXPECT_EQ(config.limits.connections_per_ip, 20U);
  EXPECT_EQ(config.limits.connections_from.back(), (NetworkLimit{net::IpNetwork::parse("192.0.2.0/24"), 300}));
  EXPECT_EQ(config.limits.login_penalty, 5s);
  EXPECT_EQ(config.login.scram, ScramUse::prepare);
  EXPECT_EQ(config.login.client_ca, "people.pem");
  EXPECT_THAT(config.login.mechanisms_of("submission"), ::testing::ElementsAre("SCRAM-SHA-256", "PLAIN"));
  EXPECT_THAT(config.login.mechanisms_of("imaps"), ::testing::ElementsAre("PLAIN"));
  EXPECT_THAT(config.login.mechanisms_of("pop3"), ::testing::ElementsAre("SCRAM-SHA-1"));
  EXPECT_EQ(config.services.of<SmtpSettings>().soft_errors, 5U);
  EXPECT_EQ(config.services.of<SmtpSettings>().errors, 7U);
  EXPECT_TRUE(config.services.of<SmtpSettings>().refuse_own_senders);
  const auto& local = config.services.of<LocalSettings>();
  EXPECT_EQ(submission_socket(local), "/run/mail/submission");
  EXPECT_TRUE(local.own_senders);
  EXPECT_THAT(local.trusted_users, ::testing::ElementsAre("www-data"));
  const auto& devices = config.services.of<TrustedNetworks>();
  EXPECT_THAT(devices.networks, ::testing::ElementsAre(net::IpNetwork::parse("192.0.2.0/24")));
  EXPECT_THAT(devices.senders, ::testing::ElementsAre("scanner@one.test", "@printers.one.test"));
  EXPECT_EQ(devices.messages_per_hour, 7U);
  const auto& filters = config.services.of<FilterSettings>();
  EXPECT_FALSE(filters.enabled);
  EXPECT_EQ(filters.scripts.octets, 64U * 1024U);
  EXPECT_EQ(filters.scripts.scripts, 5U);
  EXPECT_EQ(filters.redirects, 2U);
  EXPECT_EQ(filters.vacation_least, 1h);
  EXPECT_EQ(config.limits.hops, 30U);
  EXPECT_EQ(config.services.of<SmtpSettings>().command, 30s);
  EXPECT_EQ(config.services.of<SmtpSettings>().data, 60s);
  EXPECT_EQ(config.services.of<Pop3Settings>().inactivity, 10min);
  EXPECT_EQ(config.services.of<ManageSieveSettings>().inactivity, 40min);
  EXPECT_EQ(config.services.of<Pop3Settings>().expire, std::chrono::days(30));
  EXPECT_EQ(config.services.of<Pop3Settings>().login_delay, 2min);
  EXPECT_EQ(config.stop_timeout, 5s);
  EXPECT_EQ(config.resolver, "127.0.0.1:5353");
  const auto& authentication = config.services.of<AuthenticationSettings>();
  EXPECT_FALSE(authentication.verify || authentication.defer);
  EXPECT_EQ(authentication.dmarc, DmarcUse::reject);
  EXPECT_EQ(authentication.timeout, 5s);
  EXPECT_THAT(authentication.trusted,
              ::testing::ElementsAre(net::IpNetwork::parse("192.0.2.0/24"), net::IpNetwork::parse("2001:db8::1")));
  EXPECT_THAT(authentication.exempt.networks, ::testing::ElementsAre(net::IpNetwork::parse("198.51.100.0/24")));
  EXPECT_THAT(authentication.exempt.domains, ::testing::ElementsAre(mail::Domain("list.test")));
  EXPECT_THAT(authentication.exempt.senders, ::testing::ElementsAre(mail::Address("ann@two.test")));
  EXPECT_THAT(authentication.sealers, ::testing::ElementsAre(mail::Domain("lists.test")));
  EXPECT_EQ(config.changes, (ChangeSettings{.poll = 3s,
                                            .listen = "*:7190",
                                            .peers = {"192.0.2.2:7190", "[2001:db8::2]:7190"},
                                            .secret = "sixteen octets.."}));
  EXPECT_EQ(config.services.of<RelaySettings>().retry_initial, 200ms);
  EXPECT_EQ(config.services.of<RelaySettings>().retry_max, 2h);
  EXPECT_EQ(config.services.of<RelaySettings>().expire, 72h);
  EXPECT_EQ(config.services.of<RelaySettings>().delay_notice, 0s);
  EXPECT_EQ(config.services.of<RelaySettings>().reports_per_sender, 7U);
  EXPECT_TRUE(config.services.of<RelaySettings>().srs);
  EXPECT_EQ(config.services.of<RelaySettings>().srs_secret_file, "srs.key");
  EXPECT_EQ(config.services.of<RelaySettings>().connect_timeout, 10s);
  EXPECT_EQ(config.services.of<RelaySettings>().connections, 10U);
  EXPECT_EQ(config.services.of<RelaySettings>().connections_per_destination, 2U);
  EXPECT_EQ(config.services.of<OutboundTlsSettings>(),
            (OutboundTlsSettings{.dane = false, .mta_sts = false, .ca = "authorities.pem"}));
  EXPECT_EQ(config.services.of<TlsReportSettings>(),
            (TlsReportSettings{
                .send = true, .from = "tls@one.test", .organization = "One", .contact = "mailto:ops@one.test"}));
  EXPECT_EQ(config.services.of<RelaySettings>().sources.use, relay::Sources::Use::ipv4);
  EXPECT_EQ(config.services.of<RelaySettings>().sources.ipv4.ip(), "192.0.2.7");
  EXPECT_EQ(config.services.of<RelaySettings>().domains.at("slow.test").retry_max, 6h);
  EXPECT_EQ(config.services.of<RelaySettings>().domains.at("slow.test").connections, 1U);
  const relay::Route* by_sender = config.services.of<RelaySettings>().routes.find("far.test", "ann@one.test");
  const RelayDomains& behind = config.services.of<RelaySettings>().relay_domains;
  EXPECT_EQ(behind.find("x@behind.test"), RelayDomains::Answer::taken);
  EXPECT_EQ(behind.find("x@not.test"), RelayDomains::Answer::elsewhere);
  EXPECT_EQ(by_sender->host, "unix:/run/lmtp");
  EXPECT_EQ(by_sender->protocol, relay::RouteProtocol::lmtp);
  using relay::RouteTls;
  EXPECT_EQ(*config.services.of<RelaySettings>().routes.find("TWO.test"),
            (relay::Route{"127.0.0.1", 2526, RouteTls::opportunistic, {}}));
  EXPECT_EQ(*config.services.of<RelaySettings>().routes.find("three.test"),
            (relay::Route{"::1", 465, RouteTls::implicit, "ca.pem"}));
  EXPECT_EQ(*config.services.of<RelaySettings>().routes.find("other.test"),
            (relay::Route{"relay.example", 25, RouteTls::opportunistic, {}}));
}

TEST(Config, NodesShareASecret) {
  EXPECT_EQ(refusal("[changes]\nlisten = \"*:7190\"\nsecret = \"short\""),
            "p.toml:1: changes: with listen or peers a secret of 16 octets or more is wanted, the same on all nodes");
  for (const char* wrong : {"peers = [\"node.test:7190\"]", "peers = [\"*:7190\"]", "listen = \"192.0.2.1\"",
                            "peers = [\"192.0.2.1:0\"]", "listen = \"unix:/run/x\""}) {
    EXPECT_THAT(refusal(std::string("[changes]\n") + wrong), HasSubstr("an address with a port is wanted")) << wrong;
  }
}

TEST(Config, MiltersAreNamedByTheirSockets) {
  EXPECT_EQ(refusal("[[milter]]\nsocket = \"inet:11332@localhost\"\non_failure = \"accept\"\ntimeout = \"5s\"\n"
                    "listeners = [\"smtp\"]\n[[milter]]\nsocket = \"unix:/run/x\"\nwords = 1"),
            "p.toml:8: milter.words: unknown key; known here: socket, on_failure, timeout, listeners");
  EXPECT_THAT(refusal("[[milter]]\non_failure = \"accept\""), HasSubstr("milter: socket is wanted"));
  EXPECT_THAT(refusal("[[milter]]\nsocket = \"somewhere\""), StartsWith("p.toml:2: milter.socket: "));
  EXPECT_THAT(refusal("[[milter]]\nsocket = \"unix:/x\"\nlisteners = [\"submission\"]"),
              HasSubstr("milters are asked on listeners of the kind smtp only"));
}

TEST(Config, AddressesAndWhatUsersMaySend) {
  const Config config = parse_config(
      "[addresses]\nseparator = \"+-\"\noperator = \"Ann@one.test\"\nover_quota = \"reject\"\ndisabled = \"tempfail\"\n"
      "[limits]\nsent_per_hour = 1\nsent_per_day = 2\nrecipients_per_hour = 3\nrecipients_per_day = 4\n",
      "p.toml", config_schema());
  const auto& settings = config.services.of<AddressSettings>();
  EXPECT_EQ(settings.separators, "+-");
  EXPECT_EQ(settings.operator_address, "ann@one.test");
  EXPECT_TRUE(settings.refuse_over_quota && settings.defer_disabled);
  EXPECT_EQ(settings.sending, (store::SendingLimits{1, 3, 2, 4}));
  EXPECT_THAT(refusal("[addresses]\nseparator = \"@\"\n"), HasSubstr("addresses.separator"));
  EXPECT_THAT(refusal("[addresses]\noperator = \"ann\"\n"), HasSubstr("an address is wanted"));
  EXPECT_EQ(refusal("[addresses]\nseparator = \"\"\noperator = \"\"\n"), "accepted");
}

TEST(Config, RefusalsNameFileLineKeyAndWhatIsAllowed) {
  const std::string unknown = refusal("hostname = \"a.test\"\n\nlisten_on = 1\n");
  EXPECT_THAT(unknown,
              StartsWith("p.toml:3: listen_on: unknown key; known here: hostname, data, database, resolver, "));
  for (const Setting& setting : config_schema().settings) {
    if (setting.table.empty()) {
      EXPECT_THAT(unknown, HasSubstr(", " + std::string(setting.key)));
    }
  }
  EXPECT_THAT(refusal("[login]\nmechanisms = [\"CRAM-MD5\"]"),
              StartsWith("p.toml:2: login.mechanisms: unknown mechanism; known: EXTERNAL, SCRAM-SHA-256-PLUS, "));
  EXPECT_EQ(refusal("[login.mechanisms_at]\nsmtp = [\"PLAIN\"]"),
            "p.toml:2: login.mechanisms_at.smtp: no kind of listener where people log in");
  EXPECT_EQ(refusal("[limits]\nrecipients = 0"),
            "p.toml:2: limits.recipients: a whole number from 1 to 100000 is wanted");
  EXPECT_EQ(refusal("[limits]\nmessage_size = \"50 parsecs\""),
            "p.toml:2: limits.message_size: a size from 64KiB to 2GiB is wanted, such as \"50MiB\" or 52428800");
  EXPECT_EQ(
      refusal("[timeouts]\npop3 = \"soon\""),
      "p.toml:2: timeouts.pop3: a time from 1s to 1d is wanted, such as \"30s\", \"5m\", \"4h\", \"5d\", or a number "
      "of seconds");
  EXPECT_EQ(refusal("loops = \"two\""), "p.toml:1: loops: a whole number from 0 to 256 is wanted");
  EXPECT_EQ(refusal("log_level = \"loud\""),
            "p.toml:1: log_level: one of trace, debug, info, warn, error, off is wanted");
  EXPECT_EQ(refusal("insecure_auth = 1"), "p.toml:1: insecure_auth: true or false is wanted");
  EXPECT_EQ(refusal("hostname = 7"), "p.toml:1: hostname: a string in quotes is wanted");
  EXPECT_EQ(refusal("[listen]\nimapx = \"1.2.3.4:5\""),
            "p.toml:2: listen.imapx: unknown kind of listener; known: smtp, submission, submissions, imap, imaps, "
            "pop3, pop3s, managesieve");
  EXPECT_THAT(refusal("[listen]\nsmtp = [\"127.0.0.1:25\",\n \"localhost:25\"]"),
              StartsWith("p.toml:3: listen.smtp: 'localhost:25' is not an address to listen on"));
  EXPECT_THAT(refusal("[routes]\ntwo.test = \"127.0.0.1:1\""), HasSubstr("unknown key"));
  EXPECT_THAT(refusal("[routes]\n\"two.test\" = \"127.0.0.1:99999\""),
              StartsWith("p.toml:2: routes.two.test: '127.0.0.1:99999' is not a host"));
  EXPECT_THAT(refusal("[routes]\n\"two.test\" = { tls = \"maybe\" }"),
              HasSubstr("one of none, opportunistic, starttls, implicit"));
  EXPECT_THAT(refusal("[queue]\nretry_initial = \"5h\""), HasSubstr("retry_max is shorter than retry_initial"));
  EXPECT_THAT(refusal("hostname = \"a\nb\""), StartsWith("p.toml:1: "));
  EXPECT_THAT(refusal("resolver = \"dns.test\""), HasSubstr("an address with a port is wanted"));
  EXPECT_THAT(refusal("[authentication]\ndmarc = \"drop\""), HasSubstr("off, junk, reject"));
  EXPECT_THAT(refusal("[authentication]\ntrusted = [\"here\"]"), HasSubstr("a network is wanted"));
  EXPECT_THAT(refusal("[authentication]\nexempt = [\"<>\"]"), HasSubstr("a network, a domain or a sender's address"));
  EXPECT_THAT(refusal("[authentication]\nsealers = [\"[192.0.2.1]\"]"), HasSubstr("a domain is wanted"));
  EXPECT_THAT(refusal("limits = 3"), StartsWith("p.toml:1: limits: a table is wanted"));
  EXPECT_THAT(refusal("[local]\nsocket = \"submission\""), HasSubstr("a path from / on"));
  EXPECT_THAT(refusal("[local]\nsenders = \"none\""), HasSubstr("any, own"));
  EXPECT_THAT(refusal("[trusted_networks]\nnetworks = [\"192.0.2.1/24\"]"), HasSubstr("a network is wanted"));
  EXPECT_THAT(refusal("[trusted_networks]\nnetworks = [\"192.0.2.1\"]"), HasSubstr("senders are wanted"));
  EXPECT_THAT(refusal("[trusted_networks]\nsenders = [\"<>\"]"), HasSubstr("an address is wanted"));
  EXPECT_THAT(refusal("[tls]\ncert = \"c.pem\""), HasSubstr("wanted both or not at all"));
  EXPECT_THAT(refusal("hostname = \"no host\""), HasSubstr("is not a host name"));
  EXPECT_THAT(refusal("data = \"\""), HasSubstr("must not be empty"));
  EXPECT_EQ(refusal("[tls]\ncert = \"c\"\nkey = \"k\"\n[[tls.certificate]]\ncert = \"two\""),
            "p.toml:4: tls.certificate: cert and key are wanted both");
  EXPECT_THAT(refusal("[[tls.certificate]]\ncert = \"c\"\nkey = \"k\""),
              StartsWith("p.toml: tls.certificate is for further names"));
}

TEST(Config, RoutesLogInByAPasswordThatIsASecret) {
  const test::TemporaryFolder folder;
  const std::string file = (folder.path() / "password").string();
  std::ofstream(file) << "geheim\nmore\n";
  const auto with = [&](const std::string& tls) {
    return "[routes]\n\"*\" = { host = \"relay.test:587\", user = \"ann\", password_file = \"" + file + "\"" + tls +
           " }";
  };
  std::filesystem::permissions(file, std::filesystem::perms(0640));
  EXPECT_THAT(refusal(with("")), HasSubstr("try chmod 600"));
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  EXPECT_THAT(refusal(with("")), HasSubstr("a log-in wants tls"));
  EXPECT_THAT(refusal(with(", tls = \"none\"")), HasSubstr("a log-in wants tls"));
  const Config config = parse_config(with(", tls = \"starttls\""), "p.toml", config_schema());
  EXPECT_EQ(config.services.of<RelaySettings>().routes.find("any.test")->password, "geheim");
  EXPECT_THAT(refusal("[routes]\n\"*\" = { host = \"a.test\", user = \"ann\", tls = \"starttls\" }"),
              HasSubstr("wanted both"));
  EXPECT_THAT(refusal("[sender_routes]\n\"one.test\" = \"a.test\""), HasSubstr("or \"@domain\""));
  std::ofstream(file) << "# people\nHong@two.test\n li # the second\n";
  const auto people =
      parse_config("[relay_domains]\n\"two.test\" = { recipients = \"" + file + "\" }", "p.toml", config_schema());
  const RelayDomains& two = people.services.of<RelaySettings>().relay_domains;
  EXPECT_EQ(two.find("hong@two.test"), RelayDomains::Answer::taken);
  EXPECT_EQ(two.find("LI@two.test"), RelayDomains::Answer::taken);
  EXPECT_EQ(two.find("bo@two.test"), RelayDomains::Answer::no_such_user);
  EXPECT_THAT(refusal("[relay_domains]\n\"two.test\" = { recipients = \"/nowhere\" }"), HasSubstr("cannot read"));
  EXPECT_THAT(refusal("[queue]\nsource_ipv6 = \"127.0.0.1\""), HasSubstr("an IPv6 address is wanted"));
}

TEST(Config, PasswordsWithoutTlsStayOnThisMachine) {
  EXPECT_THAT(refusal("insecure_auth = true\n[listen]\nsubmission = \"0.0.0.0:587\""),
              HasSubstr("only loopback listeners"));
  EXPECT_THAT(refusal("insecure_auth = true"), HasSubstr("only loopback listeners"));
  EXPECT_THAT(refusal("insecure_auth = true\n[listen]\npop3 = \"[::]:110\""), HasSubstr("pop3=[::]:110"));
  EXPECT_EQ(refusal("insecure_auth = true\n[listen]\npop3 = [\"[::1]:110\", \"127.0.0.9:1\"]\nsmtp = \"*:25\""),
            "accepted");
}

TEST(Config, ActivatedListenersReplaceThoseOfTheirKind) {
  const ListenerConfig given{"smtp", "::", 25};
  Config config =
      parse_config("[listen]\nsmtp = [\"*:26\", \"*:27\"]\npop3 = \"127.0.0.1:110\"", "p.toml", config_schema());
  config.activated = {given};
  complete(config, config_schema());
  EXPECT_THAT(config.listeners, ::testing::ElementsAre(ListenerConfig{"pop3", "127.0.0.1", 110}));
  Config without;
  without.activated = {given};
  complete(without, config_schema());
  EXPECT_THAT(without.listeners, ::testing::IsEmpty());
  without.insecure_auth = true;
  without.activated = {given, {"pop3", "127.0.0.1", 110}};
  complete(without, config_schema());
  without.activated.push_back({"pop3", "0.0.0.0", 110});
  EXPECT_THROW(complete(without, config_schema()), Error);
}

TEST(Config, Flags) {
  EXPECT_EQ(parse_listener("pop3=[::1]:0", config_schema()), (ListenerConfig{"pop3", "::1", 0}));
  EXPECT_EQ(parse_listener("submission=*:587", config_schema()), (ListenerConfig{"submission", "*", 587}));
  for (const char* bad :
       {"", "smtp", "smtp=", "smtp=25", "smtp=127.0.0.1", "smtp=127.0.0.1:", "smtp=127.0.0.1:65536",
        "smtp=127.0.0.1:-1", "smtp=::1:25", "smtp=[127.0.0.1]:25", "ftp=127.0.0.1:21", "smtp=host:25"}) {
    EXPECT_THROW(parse_listener(bad, config_schema()), Error) << bad;
  }
  relay::Routes routes;
  add_route(routes, "Two.Test=mx.two.test:2525");
  EXPECT_EQ(routes.find("two.test")->port, 2525);
  EXPECT_EQ(routes.find("three.test"), nullptr);
  for (const char* bad :
       {"", "two.test", "=a:1", "two.test=", "two.test=a:0", "two.test=a b", "two.test=[::1", "two.test=[::1]x"}) {
    EXPECT_THROW(add_route(routes, bad), posthouse::Error) << bad;
  }
}

TEST(Config, TimesAndSizes) {
  EXPECT_EQ(parse_duration("0.2s"), 200ms);
  EXPECT_EQ(parse_duration("20"), 20s);
  EXPECT_EQ(parse_duration("4h"), 4h);
  EXPECT_EQ(parse_size("1.5KiB"), 1536U);
  EXPECT_EQ(parse_size("7"), 7U);
  for (const char* bad : {"", "s", "-1s", "1e99d", "5 minutes", "1s1", "nan", "inf"}) {
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
    EXPECT_EQ(parse_size(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(show_duration(90s), "90s");
  EXPECT_EQ(show_duration(120h), "5d");
}

TEST(Config, CapabilitiesAreSwitchedOffForUsersAndClients) {
  const Config config = parse_config(
      "[limits]\nquota = \"2GiB\"\nquota_messages = 1000\n[imap]\ndisabled_capabilities = \"idle\"\n"
      "message_limit = 5000\n"
      "[[imap.exception]]\nuser = \"ann@one.test\"\ndisabled_capabilities = [\"qresync\", \"MOVE\"]\n"
      "[[imap.exception]]\nclient = \"Bird\"\ndisabled_capabilities = \"NOTIFY\"\n",
      "p.toml", config_schema());
  EXPECT_EQ(config.limits.quota, 2ULL << 30);
  EXPECT_EQ(config.limits.quota_messages, 1000U);
  const auto& imap = config.services.of<ImapSettings>();
  EXPECT_EQ(imap.disabled, std::vector<std::string>{"IDLE"});
  EXPECT_EQ(imap.message_limit, 5000U);
  ASSERT_EQ(imap.exceptions.size(), 2U);
  EXPECT_EQ(imap.exceptions[0].user, "ann@one.test");
  EXPECT_EQ(imap.exceptions[0].disabled, (std::vector<std::string>{"QRESYNC", "MOVE"}));
  EXPECT_EQ(imap.exceptions[1].client, "Bird");
  EXPECT_THAT(refusal("[[imap.exception]]\ndisabled_capabilities = []"),
              HasSubstr("user or client is wanted, or both"));
}

TEST(Config, TheExampleShowsTheDefaults) {
  Config example = load_config(POSTHOUSE_SOURCE "/docs/posthouse.example.toml", config_schema());
  complete(example, config_schema());
  Config defaults;
  complete(defaults, config_schema());
  EXPECT_EQ(example.listeners, defaults.listeners);
  EXPECT_EQ(example.limits.message_size, defaults.limits.message_size);
  EXPECT_EQ(example.limits.free_space, defaults.limits.message_size / 2 * 3);
  EXPECT_EQ(example.limits.quota, defaults.limits.quota);
  EXPECT_EQ(example.limits.quota_messages, defaults.limits.quota_messages);
  EXPECT_EQ(example.limits.recipients, defaults.limits.recipients);
  EXPECT_EQ(example.limits.connections, defaults.limits.connections);
  EXPECT_EQ(example.limits.connections_per_ip, defaults.limits.connections_per_ip);
  EXPECT_EQ(example.limits.connections_from, defaults.limits.connections_from);
  EXPECT_EQ(example.limits.login_penalty, defaults.limits.login_penalty);
  EXPECT_EQ(example.services.of<SmtpSettings>().soft_errors, SmtpSettings{}.soft_errors);
  EXPECT_EQ(example.services.of<SmtpSettings>().errors, SmtpSettings{}.errors);
  EXPECT_FALSE(example.services.of<SmtpSettings>().refuse_own_senders);
  const auto& filters = example.services.of<FilterSettings>();
  EXPECT_TRUE(filters.enabled);
  EXPECT_EQ(filters.scripts.octets, FilterSettings{}.scripts.octets);
  EXPECT_EQ(filters.scripts.scripts, FilterSettings{}.scripts.scripts);
  EXPECT_EQ(filters.redirects, FilterSettings{}.redirects);
  EXPECT_EQ(filters.vacation_least, FilterSettings{}.vacation_least);
  EXPECT_EQ(example.limits.hops, defaults.limits.hops);
  EXPECT_EQ(example.services.of<SmtpSettings>().command, defaults.services.of<SmtpSettings>().command);
  EXPECT_EQ(example.services.of<SmtpSettings>().data, defaults.services.of<SmtpSettings>().data);
  EXPECT_EQ(example.services.of<ManageSieveSettings>().inactivity,
            defaults.services.of<ManageSieveSettings>().inactivity);
  EXPECT_EQ(example.services.of<Pop3Settings>().inactivity, defaults.services.of<Pop3Settings>().inactivity);
  EXPECT_EQ(example.services.of<ImapSettings>().message_limit, defaults.services.of<ImapSettings>().message_limit);
  EXPECT_EQ(example.stop_timeout, defaults.stop_timeout);
  EXPECT_EQ(example.services.of<RelaySettings>().retry_initial, defaults.services.of<RelaySettings>().retry_initial);
  EXPECT_EQ(example.services.of<RelaySettings>().retry_max, defaults.services.of<RelaySettings>().retry_max);
  EXPECT_EQ(example.services.of<RelaySettings>().expire, defaults.services.of<RelaySettings>().expire);
  EXPECT_EQ(example.services.of<RelaySettings>().delay_notice, defaults.services.of<RelaySettings>().delay_notice);
  EXPECT_EQ(example.services.of<RelaySettings>().reports_per_sender,
            defaults.services.of<RelaySettings>().reports_per_sender);
  EXPECT_EQ(example.services.of<RelaySettings>().connect_timeout,
            defaults.services.of<RelaySettings>().connect_timeout);
  EXPECT_EQ(example.services.of<RelaySettings>().connections, defaults.services.of<RelaySettings>().connections);
  EXPECT_EQ(example.services.of<RelaySettings>().connections_per_destination,
            defaults.services.of<RelaySettings>().connections_per_destination);
  EXPECT_EQ(example.services.of<OutboundTlsSettings>(), OutboundTlsSettings{});
  EXPECT_EQ(example.services.of<TlsReportSettings>(), TlsReportSettings{});
  EXPECT_EQ(example.log_level, defaults.log_level);
  const auto& authentication = example.services.of<AuthenticationSettings>();
  EXPECT_TRUE(authentication.verify && authentication.defer);
  EXPECT_EQ(authentication.dmarc, AuthenticationSettings{}.dmarc);
  EXPECT_EQ(authentication.timeout, AuthenticationSettings{}.timeout);
  EXPECT_EQ(authentication.trusted, AuthenticationSettings::loopback());
  EXPECT_TRUE(authentication.exempt.domains.empty() && authentication.sealers.empty());
}

TEST(Config, TheOneThatPackagesShipIsRead) {
  const Config shipped = load_config(POSTHOUSE_SOURCE "/packaging/posthouse.toml", config_schema());
  EXPECT_EQ(shipped.data, "/var/lib/posthouse");
  EXPECT_EQ(shipped.hostname, "");
  EXPECT_EQ(shipped.tls_cert, "");
}

TEST(Config, AFileThatIsNotThere) {
  try {
    load_config("/nowhere/posthouse.toml", config_schema());
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "/nowhere/posthouse.toml: cannot be read: No such file or directory");
  }
}

}  // namespace
}  // namespace posthouse::server
