#pragma once
// The keys under which a server's sessions travel in tickets (RFC 5077 section 4, RFC 8446 section 4.6.1). (Internal to
// the module.)
//
// A ticket is encrypted with the newest key. Every `rotation` a new one is made; a key is forgotten when the last
// ticket it can have encrypted has ended, `rotation` + `lifetime` after it was made. So what leaks from memory opens no
// resumed session older than that.
#include <array>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "posthouse/net/fiber.h"
#include "posthouse/net/tls/tls_openssl.h"

namespace posthouse::net {

class TicketKeys {
 public:
  static constexpr Duration lifetime = std::chrono::hours(2);  ///< Of a session.
  static constexpr Duration rotation = std::chrono::hours(1);

  using Name = std::array<unsigned char, 16>;
  struct Key {
    Key(const Key&) = default;
    Key& operator=(const Key&) = default;
    explicit Key(TimePoint now);
    ~Key();
    TimePoint made;
    Name name;
    std::array<unsigned char, 32> cipher;
    std::array<unsigned char, 32> mac;
  };

  /// Throws Error (Errc::tls) when the ciphers are not to be had.
  TicketKeys();

  /// The key to encrypt with.
  Key newest(TimePoint now);
  /// The key of that name; nothing when it is not ours or was forgotten.
  std::optional<Key> find(const Name& name, TimePoint now);

  /// Makes `context` use these keys, which must outlive it and are found through its app data.
  void serve(SSL_CTX* context);

 private:
  static int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                       int encrypt);
  bool prepare(const Key& key, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, bool encrypt) const;
  void forget_old(TimePoint now);

  const std::unique_ptr<EVP_CIPHER, openssl::Free<EVP_CIPHER_free>> aes_;
  std::mutex mutex_;
  std::deque<Key> keys_;  // newest first; guarded by mutex_
};

}  // namespace posthouse::net
