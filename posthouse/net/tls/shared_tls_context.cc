#include "posthouse/net/tls/shared_tls_context.h"

#include <algorithm>
#include <chrono>
#include <list>
#include <mutex>
#include <string>
#include <string_view>

#include <sys/stat.h>

#include "posthouse/net/fiber.h"

namespace posthouse::net {
namespace {

constexpr std::size_t most_contexts = 16;
constexpr auto longest_life = std::chrono::hours(1);

// Text that is equal for equal options only: each part behind its length.
class Key {
 public:
  Key& add(std::string_view part) {
    text_.append(std::to_string(part.size())).append(1, ':').append(part);
    return *this;
  }
  Key& add(std::int64_t number) { return add(std::to_string(number)); }
  Key& add(const std::vector<std::string>& parts) {
    add(static_cast<std::int64_t>(parts.size()));
    for (const std::string& part : parts) {
      add(part);
    }
    return *this;
  }
  /// The file's name, and what changes when it is written or replaced.
  Key& add_file(const std::string& name) {
    add(name);
    struct stat there{};
    if (name.empty() || ::stat(name.c_str(), &there) != 0) {
      return *this;
    }
    return add(static_cast<std::int64_t>(there.st_ino))
        .add(static_cast<std::int64_t>(there.st_size))
        .add(there.st_mtim.tv_sec)
        .add(there.st_mtim.tv_nsec);
  }
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
};

std::string key_of(const TlsClientOptions& options) {
  Key key;
  key.add(options.verify).add(options.verify_name).add(static_cast<std::int64_t>(options.min_version));
  key.add_file(options.ca_file).add_file(options.cert_file).add_file(options.key_file);
  key.add(options.alpn).add(options.pins).add(options.other_names);
  key.add(static_cast<std::int64_t>(options.tlsa.size()));
  for (const TlsaRecord& record : options.tlsa) {
    key.add(record.usage).add(record.selector).add(record.matching_type).add(record.data);
  }
  return std::move(key).text();
}

class Contexts {
 public:
  TlsContext get(const TlsClientOptions& options) {
    const std::string key = key_of(options);
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = find(key); found != contexts_.end()) {
        return found->context;
      }
    }
    // Not under the lock, nor on the loop: the system's authorities take a tenth of a second. When two make one at a
    // time, the first stays.
    TlsContext made = blocking([&] { return TlsContext::client(options); });
    const std::lock_guard lock(mutex_);
    if (const auto found = find(key); found != contexts_.end()) {
      return found->context;
    }
    contexts_.push_front({key, made, Clock::now()});
    if (contexts_.size() > most_contexts) {
      contexts_.pop_back();
    }
    return made;
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    std::string key;
    TlsContext context;
    Clock::time_point made;
  };

  std::list<Entry>::iterator find(const std::string& key) {
    contexts_.remove_if([](const Entry& entry) { return Clock::now() - entry.made > longest_life; });
    const auto found =
        std::find_if(contexts_.begin(), contexts_.end(), [&](const Entry& entry) { return entry.key == key; });
    if (found != contexts_.end()) {
      contexts_.splice(contexts_.begin(), contexts_, found);
    }
    return found;
  }

  std::mutex mutex_;
  std::list<Entry> contexts_;  // the one asked for last in front
};

}  // namespace

TlsContext shared_client_context(const TlsClientOptions& options) {
  static Contexts contexts;
  return contexts.get(options);
}

}  // namespace posthouse::net
