// ManageSieve in a server: log-ins of accounts, scripts in the store.
#include "posthouse/server/managesieve/managesieve_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/managesieve/client/client.h"
#include "posthouse/server/server_testing.h"
#include "posthouse/store/scripts/scripts.h"

namespace posthouse::server {
namespace {

using managesieve::ScriptEntry;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

managesieve::Client managesieve_client(const TestServer& server) {
  managesieve::ClientOptions options;
  options.tls_options.ca_file = server.ca();
  return managesieve::Client::connect(server.address("managesieve"), "localhost", options);
}

managesieve::Errc refused_with(const std::function<void()>& f) {
  try {
    f();
  } catch (const managesieve::Error& error) {
    return error.errc();
  }
  ADD_FAILURE() << "nothing was thrown";
  return managesieve::Errc::usage;
}

TEST(ManageSieveService, ScriptsStandInTheStore) {
  run([] {
    Config config;
    for (const char* kind : {"managesieve", "imap"}) {
      config.listeners.push_back({kind, "127.0.0.1", 0});
    }
    TestServer server("one.test", config);
    server.start();
    managesieve::Client client = managesieve_client(server);
    EXPECT_TRUE(client.secure());
    EXPECT_EQ(refused_with([&] { client.login("user@one.test", "wrong words"); }), managesieve::Errc::auth_failed);
    client.login("user@one.test", "secret words");
    EXPECT_EQ(client.capability("OWNER"), "user@one.test");
    EXPECT_TRUE(client.supports("SIEVE", "fileinto"));
    EXPECT_TRUE(client.list().empty());

    client.put("main", "require \"include\"; include :personal \"later\"; keep;");
    client.put("later", "require \"fileinto\"; fileinto \"Lists\";");
    client.activate("main");
    EXPECT_THAT(client.list(), ElementsAre(ScriptEntry{"later", false}, ScriptEntry{"main", true}));
    EXPECT_EQ(client.get("later"), "require \"fileinto\"; fileinto \"Lists\";");
    EXPECT_EQ(refused_with([&] { client.put("later", "fileinto \"x\";"); }), managesieve::Errc::script);
    EXPECT_EQ(refused_with([&] { client.remove("main"); }), managesieve::Errc::active);
    EXPECT_EQ(refused_with([&] { client.rename("later", "main"); }), managesieve::Errc::already_exists);
    EXPECT_EQ(refused_with([&] { client.get("none"); }), managesieve::Errc::nonexistent);
    const std::string large(store::ScriptLimits().octets + 1, '#');
    EXPECT_EQ(refused_with([&] { client.put("large", large); }), managesieve::Errc::quota);
    EXPECT_FALSE(client.have_space("large", large.size()));
    client.rename("later", "sooner");

    const auto account = server.accounts().find_account("user@one.test");
    ASSERT_TRUE(account);
    const store::ScriptFolder folder =
        server.server().store().read([&](store::Read& read) { return store::script_folder(read, account->id); });
    EXPECT_EQ(folder.active, "main");
    EXPECT_EQ(folder.scripts.size(), 2U);

    server.accounts().set_password("user@one.test", "other words");
    EXPECT_THROW(
        {
          for (int i = 0; i < 200; ++i) {
            client.noop();
            client.list();
            net::sleep_for(std::chrono::milliseconds(1));
          }
        },
        managesieve::Error)
        << "the log-in is good no more";
    server.stop();
  });
}

}  // namespace
}  // namespace posthouse::server
