#pragma once
// SHA-256 (FIPS 180-4).
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace posthouse {

/// A SHA-256 digest over octets that come piece by piece.
///
///     posthouse::Sha256 digest;
///     while (read(chunk)) { digest.update(chunk); }
///     std::cout << posthouse::hex_encode(digest.finish()) << '\n';
class Sha256 {
 public:
  /// Throws std::bad_alloc.
  Sha256();
  /// A digest that goes on from the same octets, apart from `other`.
  Sha256(const Sha256& other);
  Sha256& operator=(const Sha256&) = delete;
  void update(std::string_view octets);
  /// The digest, 32 octets. Call it once.
  std::string finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// The SHA-256 digest of `octets`, 32 octets.
std::string sha256(std::string_view octets);

/// HMAC-SHA-256 (RFC 2104) of `octets` by `key`, shorter than 2 GiB; 32 octets. Compare it by equal_constant_time().
std::string hmac_sha256(std::string_view key, std::string_view octets);

}  // namespace posthouse
