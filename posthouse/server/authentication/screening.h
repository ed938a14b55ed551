#pragma once
// A letter of another server: is it from whom it says, and what is done if it is not? Private to this module.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "posthouse/delivery/delivery.h"
#include "posthouse/mailauth/keys/key_cache.h"
#include "posthouse/mailauth/verify.h"
#include "posthouse/server/authentication/authentication_settings.h"
#include "posthouse/smtp/wire/reply.h"

namespace posthouse::server {

/// What every screening goes by. Constant.
struct ScreeningRules {
  AuthenticationSettings settings{};
  net::Resolver* resolver = nullptr;  ///< Outlives the rules.
  std::shared_ptr<mailauth::KeyCache> keys{};

  /// Whether this client is one of ours, whose fields are believed: AuthenticationSettings::trusted.
  bool trusts(const net::Address& client) const;
  /// Whether mail of this client is looked at.
  bool concerns(const net::Address& client) const;
};

/// What is to be done with a letter.
enum class Fate : std::uint8_t { take, junk, refuse, defer };

/// "taken", "junk", "refused", "deferred".
std::string_view to_string(Fate fate) noexcept;

/// What a screening found out.
struct Screened {
  mailauth::MessageResults results{};
  Fate fate = Fate::take;
  std::string reason{};  ///< Why not `take`, or why in spite of DMARC; empty otherwise.
  smtp::Reply reply{};   ///< For refuse and defer.

  /// The Authentication-Results field (RFC 8601) with its line end.
  std::string field(const std::string& hostname) const;
};

/// One letter that goes by, in constant memory; SPF, DKIM, DMARC, ARC and iprev.
class Screening {
 public:
  /// `rules` outlives this.
  Screening(const ScreeningRules& rules, mailauth::Envelope envelope);

  /// The next octets, as they came. Throws posthouse::Error when OpenSSL cannot hash.
  void add(std::string_view octets);
  /// The letter ends: asks the DNS, for AuthenticationSettings::timeout at most, and decides. Parks. Throws net::Error
  /// (Errc::canceled) and what OpenSSL brings.
  Screened finish();

 private:
  void decide(Screened& screened) const;
  std::string exemption(const Screened& screened) const;

  const ScreeningRules& rules_;
  const mailauth::Envelope envelope_;
  mailauth::MessageVerifier verifier_;
};

/// One line of the log about what was found out and done; `id` is the letter's.
void log_screened(const Screened& screened, const net::Address& peer, const std::string& id,
                  const std::string& reverse_path);

/// `to` with each account's mailbox for junk (RFC 6154) in the place of its INBOX, where it has one. Reads the store.
delivery::Destinations into_junk(store::Store& store, const delivery::Destinations& to);

}  // namespace posthouse::server
