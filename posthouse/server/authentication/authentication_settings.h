#pragma once
// How the house tells where mail comes from, and how it vouches for its own.
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "posthouse/mail/address.h"
#include "posthouse/mail/domain.h"
#include "posthouse/mailauth/dkim/signer.h"
#include "posthouse/net/address.h"
#include "posthouse/net/ip_network.h"
#include "posthouse/server/config/config.h"

namespace posthouse::server {

/// What becomes of a letter that is not from whom its From field says, where that domain's DMARC policy asks for more
/// than to be told.
enum class DmarcUse : std::uint8_t {
  off,     ///< It is delivered as any other.
  junk,    ///< It goes to the mailbox with the special use "\Junk", whether the policy is quarantine or reject.
  reject,  ///< By "reject" it is refused, by "quarantine" it goes to "\Junk".
};

/// Letters that DMARC does nothing to.
struct Exemptions {
  std::vector<net::IpNetwork> networks{};  ///< From these clients.
  std::vector<mail::Domain> domains{};     ///< With such a domain, or one below, in the From field or the reverse-path.
  std::vector<mail::Address> senders{};    ///< With such a reverse-path.
};

/// The table [authentication].
struct AuthenticationSettings {
  bool verify = true;  ///< Mail of other servers is checked at all.
  DmarcUse dmarc = DmarcUse::junk;
  bool defer = true;  ///< What the DNS leaves open for DMARC: later. Else it is taken.
  std::chrono::milliseconds timeout = std::chrono::seconds(20);  ///< Of all questions about one message.
  std::vector<net::IpNetwork> trusted = loopback();              ///< Clients whose mail is not checked.
  Exemptions exempt{};
  std::vector<mail::Domain>
      sealers{};  ///< Houses whose word on DMARC counts where a letter was changed on its way (ARC).

  static std::vector<net::IpNetwork> loopback();
};

/// The tables [[dkim]].
struct DkimSettings {
  /// As the file says it.
  struct KeyFile {
    mail::Domain domain;
    std::string selector{};  ///< Empty: `file` is a folder, and each SELECTOR.pem in it a key.
    std::string file{};
  };
  std::vector<KeyFile> files{};
  std::vector<mailauth::SigningKey> keys{};  ///< Read from `files`, by load_signing_keys().
};

/// Both.
std::vector<Setting> authentication_settings();

/// The files of `settings` with those that stand in folders, by selector. Throws Error (Errc::config) for a folder that
/// cannot be read.
std::vector<DkimSettings::KeyFile> signing_key_files(const DkimSettings& settings);

/// Reads the keys that `config` names. Throws Error (Errc::config): a file that cannot be read, that others than its owner
/// may read, or with no key in it.
void load_signing_keys(Config& config);

}  // namespace posthouse::server
