// What a service has to bring, tried with one that is not in the list, and what is written about those that are.
#include "posthouse/server/services.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "tests/support/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/sync.h"
#include "posthouse/server/config/value.h"
#include "posthouse/server/error.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/server.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;
using ::testing::AnyOf;
using ::testing::HasSubstr;

std::string text_of(const std::string& file) {
  std::ifstream in(std::string(POSTHOUSE_SOURCE) + "/" + file);
  std::ostringstream text;
  text << in.rdbuf();
  EXPECT_FALSE(text.str().empty()) << file;
  return text.str();
}

TEST(Services, EveryKindOfListenerIsInTheUnitsTheManualAndTheExample) {
  const std::string units = text_of("packaging/listeners.txt");
  const std::string manual = text_of("docs/man/posthouse.1");
  const std::string example = text_of("docs/posthouse.example.toml");
  const ConfigSchema schema = config_schema();
  for (const ListenerKind& kind : schema.listeners) {
    const std::string name(kind.name);
    const std::string port = std::to_string(kind.port);
    EXPECT_THAT(units, HasSubstr("\n" + name + " " + port + "\n"));
    EXPECT_THAT(manual, HasSubstr("posthouse-" + name + ".socket"));
    EXPECT_THAT(example, HasSubstr("\n" + name + " = \"*:" + port + "\""));
  }
  const auto lines = std::count(units.begin(), units.end(), '\n');
  EXPECT_EQ(static_cast<std::size_t>(lines), schema.listeners.size() + 1) << "and a comment";
}

TEST(Services, EverySettingIsInTheExample) {
  const std::string example = text_of("docs/posthouse.example.toml");
  for (const Setting& setting : config_schema().settings) {
    const std::string key(setting.key);
    if (!setting.table.empty()) {
      EXPECT_THAT(example, HasSubstr("\n" + key + " = "));
    } else {  // several tables of a name have no defaults to show
      EXPECT_THAT(example, AnyOf(HasSubstr("\n[" + key + "]\n"), HasSubstr("\n# [[" + key + "]]\n")));
    }
  }
}

TEST(Services, NoTwoShareANameOrAPort) {
  const ConfigSchema schema = config_schema();
  for (const ListenerKind& one : schema.listeners) {
    EXPECT_EQ(std::count_if(schema.listeners.begin(), schema.listeners.end(),
                            [&](const ListenerKind& two) { return one.name == two.name || one.port == two.port; }),
              1)
        << one.name;
  }
}

/// A service that answers each line with a word that can be set.
struct EchoSettings {
  std::string word = "echo";
};

class EchoHandler final : public Handler {
 public:
  void configure(const Config& config, const ListenerTls&) override { word_ = config.services.of<EchoSettings>().word; }
  void serve(Connection& connection) override {
    while (const auto line = connection.stream.read_line(100, 20s)) {
      connection.stream.write(word_ + " " + std::string(connection.kind.name) + " " + *line + "\r\n");
    }
  }
  void run() override { stopped_.wait(); }
  void stop() noexcept override { stopped_.set(); }

 private:
  std::string word_;
  net::Event stopped_;
};

std::vector<Service> echo_service() {
  return {{.name = "echo",
           .listeners = {{.name = "echo", .port = 7, .tls = net::Tls::none, .passwords = false}},
           .settings = {{"limits", "word",
                         [](Config& config, const Value& v) { config.services.of<EchoSettings>().word = v.text(); }}},
           .busy = "too many\r\n",
           .open = [](House&) { return std::make_unique<EchoHandler>(); }}};
}

TEST(Services, OneOfOnesOwnIsConfiguredServedAndStopped) {
  set_log_level("off");
  const std::vector<Service> services = echo_service();
  const ConfigSchema schema = config_schema(services);
  const test::TemporaryFolder folder(test::fast_folder());
  Config config =
      parse_config("[listen]\necho = \"127.0.0.1:0\"\n[limits]\nword = \"hear\"\nconnections = 1\n", "p.toml", schema);
  config.data = folder.path().string();
  complete(config, schema);
  EXPECT_THROW(parse_listener("smtp=127.0.0.1:25", schema), Error);
  net::run([&] {
    Server server(config, nullptr, services);
    server.start();
    ASSERT_EQ(server.addresses().size(), 1U);
    EXPECT_EQ(server.addresses().front().first, "echo");
    net::Stream first = net::connect(server.addresses().front().second, 20s);
    first.write("me\r\n");
    EXPECT_EQ(first.read_line(100, 20s), "hear echo me");
    net::Stream second = net::connect(server.addresses().front().second, 20s);
    EXPECT_EQ(second.read_line(100, 20s), "too many");
    server.stop();
    EXPECT_EQ(first.read_line(100, 20s), std::nullopt) << "its input was ended, then its handler";
  });
}

}  // namespace
}  // namespace posthouse::server
