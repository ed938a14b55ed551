#include "posthouse/net/tls/ticket_keys.h"

#include <algorithm>
#include <cstring>

#include <openssl/core_names.h>
#include <openssl/rand.h>

#include "posthouse/net/error.h"

namespace posthouse::net {
namespace {

constexpr int iv_size = 16;

void fill_random(unsigned char* octets, std::size_t size) {
  if (RAND_priv_bytes(octets, static_cast<int>(size)) != 1) {
    throw Error(Errc::tls, "no random octets for a ticket key: " + openssl::take_errors());
  }
}

}  // namespace

TicketKeys::Key::Key(TimePoint now) : made(now) {
  fill_random(name.data(), name.size());
  fill_random(cipher.data(), cipher.size());
  fill_random(mac.data(), mac.size());
}

TicketKeys::Key::~Key() {
  OPENSSL_cleanse(cipher.data(), cipher.size());
  OPENSSL_cleanse(mac.data(), mac.size());
}

TicketKeys::TicketKeys() : aes_(EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr)) {
  if (!aes_) {
    throw Error(Errc::tls, "no cipher for tickets: " + openssl::take_errors());
  }
}

void TicketKeys::forget_old(TimePoint now) {
  while (!keys_.empty() && now - keys_.back().made > rotation + lifetime) {
    keys_.pop_back();
  }
}

TicketKeys::Key TicketKeys::newest(TimePoint now) {
  const std::lock_guard lock(mutex_);
  forget_old(now);
  if (keys_.empty() || now - keys_.front().made >= rotation) {
    keys_.emplace_front(now);
  }
  return keys_.front();
}

std::optional<TicketKeys::Key> TicketKeys::find(const Name& name, TimePoint now) {
  const std::lock_guard lock(mutex_);
  forget_old(now);
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) { return key.name == name; });
  return found == keys_.end() ? std::nullopt : std::optional(*found);
}

void TicketKeys::serve(SSL_CTX* context) {
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket);
  SSL_CTX_set_timeout(context, std::chrono::duration_cast<std::chrono::seconds>(lifetime).count());
}

// 1: go on; 2: go on, and give the client a new ticket; 0: no such key, so a full handshake; -1: broken off. A TLS 1.3
// ticket is for one use, so a new one follows; a TLS 1.2 ticket serves until its key is no longer the newest.
int TicketKeys::on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                          int encrypt) {
  auto& self = *static_cast<TicketKeys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  try {
    if (encrypt != 0) {
      const Key key = self.newest(now());
      std::memcpy(name, key.name.data(), key.name.size());
      fill_random(iv, iv_size);
      return self.prepare(key, iv, cipher, mac, true) ? 1 : -1;
    }
    Name asked;
    std::memcpy(asked.data(), name, asked.size());
    const TimePoint moment = now();
    const std::optional<Key> key = self.find(asked, moment);
    if (!key) {
      return 0;
    }
    if (!self.prepare(*key, iv, cipher, mac, false)) {
      return -1;
    }
    return SSL_version(ssl) >= TLS1_3_VERSION || moment - key->made >= rotation ? 2 : 1;
  } catch (const std::exception&) {
    return -1;
  }
}

bool TicketKeys::prepare(const Key& key, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                         bool encrypt) const {
  char digest[] = "SHA256";
  Key copy = key;  // OSSL_PARAM wants it writable
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, copy.mac.data(), copy.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  return EVP_CipherInit_ex2(cipher, aes_.get(), key.cipher.data(), iv, encrypt ? 1 : 0, nullptr) == 1 &&
         EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

}  // namespace posthouse::net
