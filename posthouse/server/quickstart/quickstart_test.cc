#include "posthouse/server/quickstart/quickstart.h"

#include <fstream>
#include <iterator>
#include <set>

#include "tests/support/temporary_folder.h"
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "posthouse/mailauth/keys/private_key.h"
#include "posthouse/server/authentication/authentication_settings.h"
#include "posthouse/server/config/config.h"
#include "posthouse/server/error.h"
#include "posthouse/server/services.h"

namespace posthouse::server {
namespace {

struct QuickstartHouse : ::testing::Test {
  test::TemporaryFolder folder;
  QuickstartPlan plan{.address = mail::Address("ann@b\u00FCcher.test"),
                      .hostname = "mail.xn--bcher-kva.test",
                      .data = folder.file("a \"data\" \\ folder"),
                      .configuration = folder.file("posthouse.toml"),
                      .program = "/usr/bin/posthouse"};
};

TEST_F(QuickstartHouse, HasSettingsThatAServerTakes) {
  const std::filesystem::path key = make_signing_key(plan);
  make_first_certificate(plan);
  for (const bool trial : {false, true}) {
    plan.trial = trial;
    Config config = parse_config(configuration_text(plan), "quickstart", config_schema());
    complete(config, config_schema());
    EXPECT_EQ(config.hostname, plan.hostname);
    EXPECT_EQ(config.data, plan.data);
    EXPECT_EQ(config.listeners.size(), config_schema().listeners.size());
    EXPECT_EQ(config.listeners.front().host, trial ? "127.0.0.1" : "*");
    const auto& signing = config.services.of<DkimSettings>();
    ASSERT_EQ(signing.keys.size(), 1U);
    EXPECT_EQ(signing_key_files(signing).front().file, key.string());
  }
}

TEST_F(QuickstartHouse, KeepsItsKeyAndItsCertificate) {
  const auto key = make_signing_key(plan);
  const auto record = mailauth::PrivateKey::load(key).record_text();
  EXPECT_EQ(make_signing_key(plan), key);
  EXPECT_EQ(mailauth::PrivateKey::load(key).record_text(), record);
  const auto certificate = make_first_certificate(plan);
  const auto written = std::filesystem::last_write_time(certificate);
  EXPECT_EQ(make_first_certificate(plan), certificate);
  EXPECT_EQ(std::filesystem::last_write_time(certificate), written);
  struct stat status{};
  ASSERT_EQ(::stat(key.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(QuickstartHouse, ReplacesOnlySettingsThatSayNothing) {
  const std::filesystem::path file = plan.configuration;
  EXPECT_FALSE(says_nothing(file)) << "there are none";
  std::ofstream(file) << "# as the package brings it\ndata = \"/var/lib/posthouse\"\n";
  EXPECT_TRUE(says_nothing(file));
  std::ofstream(file) << "hostname = \"mail.one.test\"\n";
  EXPECT_FALSE(says_nothing(file));
  std::ofstream(file) << "hostname = \n";
  EXPECT_THROW(says_nothing(file), Error);
  write_settings(file, "hostname = \"mail.two.test\"\n", false);
  std::ifstream kept(file.string() + ".before-quickstart");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(kept), {}), "hostname = \n");
}

TEST(QuickstartPassword, IsLongAndAnotherEachTime) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string password = make_password();
    EXPECT_EQ(password.size(), 23U) << password;
    EXPECT_EQ(password.find_first_not_of("abcdefghijkmnpqrstuvwxyz23456789-"), std::string::npos);
    seen.insert(password);
  }
  EXPECT_EQ(seen.size(), 100U);
}

}  // namespace
}  // namespace posthouse::server
