#include "posthouse/mailauth/keys/key_cache.h"

#include <utility>

namespace posthouse::mailauth {

std::shared_ptr<const PublicKey> KeyCache::read(KeyType type, std::string_view octets, std::string& why) {
  std::string name(1, static_cast<char>(type));
  name += octets;
  std::shared_ptr<const PublicKey> key;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = young_.find(name); found != young_.end()) {
      return found->second;
    }
    if (const auto found = old_.find(name); found != old_.end()) {
      key = found->second;
    }
  }
  if (key == nullptr) {
    key = PublicKey::read(type, octets, why);
    if (key == nullptr) {
      return nullptr;
    }
  }
  const std::lock_guard lock(mutex_);
  if (young_.size() >= most_) {
    old_ = std::exchange(young_, {});
  }
  young_.insert_or_assign(std::move(name), key);
  return key;
}

}  // namespace posthouse::mailauth
