#include "posthouse/server/relay/sender_rewriting.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>

#include <fcntl.h>
#include <fmt/format.h>

#include "posthouse/base/file.h"
#include "posthouse/base/text.h"
#include "posthouse/fiber/random.h"
#include "posthouse/server/error.h"
#include "posthouse/server/relay/relay_settings.h"

namespace posthouse::server {
namespace {

constexpr std::size_t shortest_key = 16, longest_key = 1024;

/// The key in `file`, without white space around it. Empty when there is no such file.
std::string read_key(const std::filesystem::path& file) {
  const FileDescriptor opened = FileDescriptor::open(file, O_RDONLY);
  if (!opened && errno == ENOENT) {
    return {};
  }
  std::string text(longest_key, '\0');
  std::size_t got = 0;
  const int trouble = opened ? read_full(opened.get(), text.data(), text.size(), got) : errno;
  if (trouble != 0) {
    throw Error(Errc::config, fmt::format("cannot read {}: {}", file.string(), std::strerror(trouble)));
  }
  text.resize(got);
  const std::string key(trim(text));
  if (key.size() < shortest_key) {
    throw Error(Errc::config, fmt::format("{} has fewer than {} octets of a secret", file.string(), shortest_key));
  }
  return key;
}

}  // namespace

std::shared_ptr<const mail::Srs> sender_rewriter(const Config& config) {
  const auto& settings = config.services.of<RelaySettings>();
  if (!settings.srs) {
    return nullptr;
  }
  const bool named = !settings.srs_secret_file.empty();
  const std::filesystem::path file =
      named ? std::filesystem::path(settings.srs_secret_file) : std::filesystem::path(config.data) / "srs.key";
  std::string key = read_key(file);
  if (key.empty()) {
    if (named) {
      throw Error(Errc::config, fmt::format("forwarding: there is no {}", file.string()));
    }
    key = net::random_hex(32);
    if (const int trouble = replace_file(file, key + "\n", 0600); trouble != 0) {
      throw Error(Errc::config, fmt::format("cannot write {}: {}", file.string(), std::strerror(trouble)));
    }
  }
  return std::make_shared<const mail::Srs>(std::move(key));
}

}  // namespace posthouse::server
