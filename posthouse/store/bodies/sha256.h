#pragma once
// SHA-256 (FIPS 180-4). Private to this module.
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace posthouse::store {

/// A digest over octets given piece by piece.
class Sha256 {
 public:
  Sha256();
  void update(std::string_view octets);
  /// The digest, 32 octets. Call once.
  std::string finish();
  /// The digest of `octets`.
  static std::string of(std::string_view octets);

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace posthouse::store
