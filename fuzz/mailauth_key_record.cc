// Any octets are the text of a key's record: what is read of it is whole, and a key in it can be asked to verify.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "posthouse/mailauth/keys/key_record.h"
#include "posthouse/mailauth/keys/public_key.h"

using namespace posthouse::mailauth;

namespace {

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string why;
  const auto record = parse_key_record(text, why);
  require(record.has_value() || !why.empty());
  if (record && record->key_type()) {
    const auto key = PublicKey::read(*record->key_type(), record->key, why);
    require(key != nullptr || !why.empty());
    require(key == nullptr || !key->verify(std::string(32, '\0'), "no signature"));
  }
  // The octets of a key without the base64 around them.
  for (const KeyType type : {KeyType::rsa, KeyType::ed25519}) {
    if (const auto key = PublicKey::read(type, text, why)) {
      require(key->type() == type && key->bits() <= 16'384);
    }
  }
  return 0;
}
